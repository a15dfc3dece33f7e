import { describe, expect, test, vi } from "vitest";
import { change, waitForRows } from "../../support/gateway-client.ts";
import {
  listReceived,
  readUpstream,
  openCall,
  FORM_ELICITATION,
  initializeClient,
  makeRequestingWorkspace,
  URL_ELICITATION,
  LIST_ROOTS,
  waitForMessage,
  SAMPLING,
  sendMessage,
  parseToolResult,
} from "../../support/server-requests.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const SAMPLED = { role: "assistant", model: "m", content: { type: "text", text: "Hello" } };
const ROOTED = { roots: [{ uri: "file:///home" }] };

test("a client's response reaches its server although the first connection breaks", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("legacy", "breaks-answer"));
  const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
  const { id } = await waitForMessage(stream, 1);
  await sendMessage(client, { id, result: NAMED });
  expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([NAMED]);
});

test("headers of the response that arrive after a server request on the session's stream leave the client its time", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("legacy", "overtaken"));
  const args = { questions: [FORM_ELICITATION], on: "stream", headersAfterMs: 600 };
  const stream = await openCall(client, "ask", args);
  const { id } = await waitForMessage(stream, 1);
  // Longer than the upstream's budgets.
  await scheduler.wait(3_000);
  await sendMessage(client, { id, result: NAMED });
  expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([NAMED]);
});

describe.each([
  ["legacy", "call"],
  ["legacy", "stream"],
  ["sse", "call"],
])("a %s server that sends requests on its %s", (kind, on) => {
  const slugOf = (what: string) => `${what}-${kind}-${on}`;

  test("elicitation, sampling and roots requests get the response of the client of the call", async () => {
    const slug = slugOf("asks");
    const client = await initializeClient(await makeRequestingWorkspace(kind, slug));
    const stream = await openCall(
      client,
      "ask",
      { questions: [FORM_ELICITATION, SAMPLING, LIST_ROOTS], on },
      { id: "c" },
    );
    for (const [index, [serverRequest, result]] of [
      [FORM_ELICITATION, NAMED] as const,
      [SAMPLING, SAMPLED] as const,
      [LIST_ROOTS, ROOTED] as const,
    ].entries()) {
      const request = await waitForMessage(stream, index + 1);
      expect(request).toEqual({ jsonrpc: "2.0", id: expect.any(String), ...serverRequest });
      expect(request.id).not.toContain("question");
      expect((await sendMessage(client, { id: request.id, result })).status).toBe(202);
    }
    const response = await waitForMessage(stream, 4);
    expect([response.id, parseToolResult(response)]).toEqual(["c", [NAMED, SAMPLED, ROOTED]]);
    expect((await listReceived(slug)).map(({ id }) => id)).toEqual([
      "question-1",
      "question-2",
      "question-3",
    ]);
    expect((await waitForRows(slug, 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test("a client's error response reaches the server unchanged", async () => {
    const client = await initializeClient(await makeRequestingWorkspace(kind, slugOf("refused")));
    const stream = await openCall(client, "ask", { questions: [SAMPLING], on });
    const { id } = await waitForMessage(stream, 1);
    const error = { code: -1, message: "User rejected sampling request" };
    await sendMessage(client, { id, error });
    expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([{ error }]);
  });

  test("a server can cancel its request, and the client gets the id that it knows", async () => {
    const client = await initializeClient(await makeRequestingWorkspace(kind, slugOf("back")));
    const stream = await openCall(client, "ask", {
      questions: [FORM_ELICITATION],
      on,
      takeBack: true,
    });
    const request = await waitForMessage(stream, 1);
    expect(await waitForMessage(stream, 2)).toEqual({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: request.id },
    });
    expect(parseToolResult(await waitForMessage(stream, 3))).toEqual([]);
  });

  test("a request to a client without capabilities is refused, as the server learned at initialize", async () => {
    const slug = slugOf("nothing");
    const client = await initializeClient(await makeRequestingWorkspace(kind, slug), {});
    // A shared session's stream is not opened: no client could be identified for a request on it.
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION, LIST_ROOTS] });
    const results = parseToolResult(await waitForMessage(stream, 1));
    expect(results.map(({ error }: { error: { code: number } }) => error.code)).toEqual([
      -32601, -32601,
    ]);
    expect(stream.messages).toHaveLength(1);
    const declared = (await listReceived(slug, "initialize")).map(
      ({ params }) => params.capabilities,
    );
    expect(declared.at(-1)).toEqual({});
  });

  test("a request that the client did not declare is refused, and declared ones are relayed", async () => {
    const slug = slugOf("some");
    const client = await initializeClient(await makeRequestingWorkspace(kind, slug), {
      elicitation: { form: {} },
    });
    const questions = [
      LIST_ROOTS,
      SAMPLING,
      URL_ELICITATION,
      { method: "made/up" },
      FORM_ELICITATION,
    ];
    const stream = await openCall(client, "ask", { questions, on });
    const request = await waitForMessage(stream, 1);
    expect(request).toMatchObject(FORM_ELICITATION);
    await sendMessage(client, { id: request.id, result: NAMED });
    const results = parseToolResult(await waitForMessage(stream, 2));
    expect(results).toMatchObject([
      ...Array.from({ length: 4 }, () => ({ error: { code: -32601 } })),
      NAMED,
    ]);
    const declared = (await listReceived(slug, "initialize")).map(
      ({ params }) => params.capabilities,
    );
    expect(declared.at(-1)).toEqual({ elicitation: { form: {} } });
  });

  test("an open server request extends the call beyond the upstream budgets", async () => {
    const client = await initializeClient(await makeRequestingWorkspace(kind, slugOf("thinks")));
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION], on });
    const { id } = await waitForMessage(stream, 1);
    await scheduler.wait(3_000);
    await sendMessage(client, { id, result: NAMED });
    expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([NAMED]);
  });

  test("a response from another client or token does not reach the server", async () => {
    const slug = slugOf("foreign");
    const made = await makeRequestingWorkspace(kind, slug);
    const client = await initializeClient(made);
    const elsewhere = await initializeClient(
      await makeRequestingWorkspace(kind, `${slug}-2`, slug),
    );
    const other = await change(slug, { type: "token.create", input: { label: "other" } });
    const stranger = await initializeClient({ slug, token: other.token });
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION], on });
    const { id } = await waitForMessage(stream, 1);
    const before = (await readUpstream(slug)).messages.length;
    const altered = id.slice(0, 20) + (id[20] === "A" ? "B" : "A") + id.slice(21);
    const result = { action: "accept", content: { name: "Mallory" } };
    for (const [sender, as] of [
      [stranger, id],
      [elsewhere, id],
      [{ ...client, slug: elsewhere.slug, token: elsewhere.token }, id],
      [client, altered],
      [client, "question-1"],
    ] as const)
      await (await sendMessage(sender, { id: as, result })).body?.cancel();
    expect(
      (await sendMessage({ ...client, token: `mng_${"0".repeat(48)}` }, { id, result })).status,
    ).toBe(401);
    await scheduler.wait(100);
    expect((await readUpstream(slug)).messages).toHaveLength(before);
    await sendMessage(client, { id, result: NAMED });
    expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([NAMED]);
  });

  test("a response after ten minutes does not reach the server", async () => {
    const slug = slugOf("late");
    const client = await initializeClient(await makeRequestingWorkspace(kind, slug));
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION], on });
    const { id } = await waitForMessage(stream, 1);
    try {
      vi.setSystemTime(Date.now() + 10 * 60_000);
      expect((await sendMessage(client, { id, result: NAMED })).status).toBe(202);
    } finally {
      vi.useRealTimers();
    }
    await scheduler.wait(100);
    expect(await listReceived(slug)).toEqual([]);
    await stream.close();
  });

  test("concurrent requests to two members each reach only their own client", async () => {
    const slug = slugOf("two");
    const one = await initializeClient(await makeRequestingWorkspace(kind, slug));
    const { token } = await change(slug, { type: "token.create", input: { label: "two" } });
    const two = await initializeClient({ slug, token });
    const form = (message: string) => ({
      ...FORM_ELICITATION,
      params: { ...FORM_ELICITATION.params, message },
    });
    const streams = await Promise.all([
      openCall(one, "ask", { questions: [form("one")], on, afterMs: 50 }),
      openCall(two, "ask", { questions: [form("two")], on, afterMs: 50 }),
    ]);
    const [first, second] = await Promise.all(streams.map((stream) => waitForMessage(stream, 1)));
    expect([first.params.message, second.params.message]).toEqual(["one", "two"]);
    await sendMessage(two, { id: second.id, result: { action: "decline" } });
    await sendMessage(one, { id: first.id, result: NAMED });
    const [ofOne, ofTwo] = await Promise.all(streams.map((stream) => waitForMessage(stream, 2)));
    expect([parseToolResult(ofOne), parseToolResult(ofTwo)]).toEqual([
      [NAMED],
      [{ action: "decline" }],
    ]);
    expect(streams.map(({ messages }) => messages.length)).toEqual([2, 2]);
  });
});

describe.each(["legacy", "sse"])("a %s server", (kind) => {
  test("the gateway answers a server's pings, and no client sees them", async () => {
    const client = await makeRequestingWorkspace(kind, `ping-${kind}`);
    const stream = await openCall(client, "pinging");
    expect(parseToolResult(await waitForMessage(stream, 1))).toEqual({});
    expect(stream.messages).toHaveLength(1);
  });
});

describe("a server that sends requests on its session's stream", () => {
  test("a request on a session's stream is relayed although the call arrives before the stream is open", async () => {
    const client = await initializeClient(await makeRequestingWorkspace("legacy", "slow-stream"));
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION], on: "stream" });
    const { id } = await waitForMessage(stream, 1);
    await sendMessage(client, { id, result: NAMED });
    expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([NAMED]);
  });

  test("a request on a session's stream is relayed to a call that continues after another one ended", async () => {
    const client = await initializeClient(await makeRequestingWorkspace("legacy", "two-calls"));
    const short = await openCall(client, "ask", { questions: [], afterMs: 200 }, { id: 1 });
    const on = "stream";
    const long = await openCall(
      client,
      "ask",
      { questions: [FORM_ELICITATION], on, afterMs: 800 },
      { id: 2 },
    );
    expect(parseToolResult(await waitForMessage(short, 1))).toEqual([]);
    const { id } = await waitForMessage(long, 1);
    await sendMessage(client, { id, result: NAMED });
    expect(parseToolResult(await waitForMessage(long, 2))).toEqual([NAMED]);
  });
});
