import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import {
  bindings,
  change,
  modernRpc,
  waitForRows,
  type Client,
} from "../../support/gateway-client.ts";
import { openStream } from "../../support/notification-streams.ts";
import {
  listReceived,
  callAsModern as call,
  readUpstream,
  ALL_CAPABILITIES,
  FORM_ELICITATION,
  makeRequestingWorkspace,
  URL_ELICITATION,
  LIST_ROOTS,
  SAMPLING,
  parseToolResult,
} from "../../support/server-requests.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const SAMPLED = { role: "assistant", model: "m", content: { type: "text", text: "Hello" } };
const ROOTED = { roots: [{ uri: "file:///home" }] };

/** The message that ends a call, and with it the stream. */
async function callToEnd(...args: Parameters<typeof call>) {
  const stream = await call(...args);
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  return stream.messages.at(-1);
}

/** Repeats a call with the responses to its server requests. */
function retry(
  client: Client,
  suspended: { result: { requestState: string } },
  inputResponses: object,
) {
  return callToEnd(client, { inputResponses, requestState: suspended.result.requestState });
}

const ENDED = {
  id: "c",
  error: { code: -32602, data: { reason: "request_state_expired" } },
};

describe.each(["legacy", "sse"])("a modern client's call of a %s server with requests", (kind) => {
  const ask = (client: Client, args: object, capabilities?: object, meta?: object) =>
    callToEnd(client, { arguments: args }, capabilities, meta);

  test("a suspended call returns input_required and continues with the responses, in every round", async () => {
    const slug = `held-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const first = await ask(client, { questions: [FORM_ELICITATION, SAMPLING, LIST_ROOTS] });
    expect(first).toEqual({
      jsonrpc: "2.0",
      id: "c",
      result: {
        resultType: "input_required",
        inputRequests: { "request-1": FORM_ELICITATION },
        requestState: expect.stringMatching(/^[\x21-\x7e]+$/),
      },
    });
    const second = await retry(client, first, { "request-1": NAMED });
    expect(second.result.inputRequests).toEqual({ "request-2": SAMPLING });
    const third = await retry(client, second, { "request-2": SAMPLED });
    expect(third.result.inputRequests).toEqual({ "request-3": LIST_ROOTS });
    const last = await retry(client, third, { "request-3": ROOTED });
    expect(last).toMatchObject({ id: "c", result: { resultType: "complete" } });
    expect(parseToolResult(last)).toEqual([NAMED, SAMPLED, ROOTED]);
    expect(await listReceived(slug, "tools/call")).toHaveLength(1);
    expect((await waitForRows(slug, 4)).map(({ status }) => status)).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
    ]);
  });

  test("simultaneous server requests are in one result, and unanswered ones are repeated", async () => {
    const client = await makeRequestingWorkspace(kind, `together-${kind}`);
    const questions = [FORM_ELICITATION, LIST_ROOTS];
    const first = await ask(client, { questions, together: true });
    expect(first.result.inputRequests).toEqual({
      "request-1": FORM_ELICITATION,
      "request-2": LIST_ROOTS,
    });
    const second = await retry(client, first, { "request-2": ROOTED, other: NAMED });
    expect(second.result.inputRequests).toEqual({ "request-1": FORM_ELICITATION });
    const last = await retry(client, second, { "request-1": { action: "cancel" } });
    expect(parseToolResult(last)).toEqual([{ action: "cancel" }, ROOTED]);
  });

  test("a request that the client did not declare is refused at the server", async () => {
    const slug = `cannot-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const questions = [SAMPLING, URL_ELICITATION, LIST_ROOTS];
    const refused = { error: { code: -32601 } };
    const nothing = await ask(client, { questions }, {});
    expect(parseToolResult(nothing)).toMatchObject([refused, refused, refused]);
    const first = await ask(client, { questions }, { roots: {} });
    expect(first.result.inputRequests).toEqual({ "request-1": LIST_ROOTS });
    const last = await retry(client, first, { "request-1": ROOTED });
    expect(parseToolResult(last)).toMatchObject([refused, refused, ROOTED]);
    const declared = (await listReceived(slug, "initialize")).map(
      ({ params }) => params.capabilities,
    );
    expect(declared.slice(-2)).toEqual([{}, { roots: {} }]);
  });

  test("a suspended call waits longer than the upstream budgets", async () => {
    const client = await makeRequestingWorkspace(kind, `patient-${kind}`);
    const first = await ask(client, { questions: [FORM_ELICITATION] });
    await scheduler.wait(3_000);
    expect(parseToolResult(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
  });

  test("a suspended call answers the server's pings", async () => {
    const client = await makeRequestingWorkspace(kind, `held-ping-${kind}`);
    const message = await callToEnd(client, { name: "pinging" });
    expect(parseToolResult(message)).toEqual({});
  });

  test("a suspended call accepts responses only from its own token and for its own call", async () => {
    const slug = `strange-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const other = await change(slug, { type: "token.create", input: { label: "other" } });
    const elsewhere = await makeRequestingWorkspace(kind, `${slug}-2`, slug);
    const first = await ask(client, { questions: [FORM_ELICITATION] });
    const { requestState } = first.result;
    const before = (await readUpstream(slug)).messages.length;
    const inputResponses = { "request-1": { action: "accept", content: { name: "Mallory" } } };
    const altered =
      requestState.slice(0, 20) + (requestState[20] === "A" ? "B" : "A") + requestState.slice(21);
    for (const [sender, params] of [
      [{ slug, token: other.token }, { requestState }],
      [elsewhere, { requestState }],
      [client, { requestState, name: "waiting" }],
      [client, { requestState: altered }],
      [client, { requestState: "" }],
      [client, { requestState: 7 }],
    ] as const)
      expect(await callToEnd(sender, { inputResponses, ...params })).toMatchObject(ENDED);
    expect((await readUpstream(slug)).messages).toHaveLength(before);
    expect(parseToolResult(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
    const rows = await waitForRows(slug, 7);
    expect(rows.map(({ status, errorCode }) => `${status} ${errorCode}`)).toEqual([
      "ok null",
      ...Array.from({ length: 5 }, () => "error request_state_expired"),
      "ok null",
    ]);
  });

  test("a suspended call ends with its response, and ten minutes after its server request", async () => {
    const slug = `over-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const first = await ask(client, { questions: [FORM_ELICITATION] });
    await retry(client, first, { "request-1": NAMED });
    const second = await ask(client, { questions: [FORM_ELICITATION] });
    const received = await listReceived(slug);
    expect(await retry(client, first, { "request-1": NAMED })).toMatchObject(ENDED);
    try {
      vi.setSystemTime(Date.now() + 10 * 60_000);
      expect(await retry(client, second, { "request-1": NAMED })).toMatchObject(ENDED);
    } finally {
      vi.useRealTimers();
    }
    await scheduler.wait(100);
    expect(await listReceived(slug)).toEqual(received);
    expect(await listReceived(slug, "tools/call")).toHaveLength(2);
  });

  test("a suspended call whose object stopped fails with request_state_expired", async () => {
    const client = await makeRequestingWorkspace(kind, `lost-${kind}`);
    const first = await ask(client, { questions: [FORM_ELICITATION] });
    const { result } = first;
    // Its name is in the sealed state only: all of them are stopped.
    await stopAll();
    expect(await retry(client, { result }, { "request-1": NAMED })).toMatchObject(ENDED);
    const again = await ask(client, { questions: [FORM_ELICITATION] });
    expect(parseToolResult(await retry(client, again, { "request-1": NAMED }))).toEqual([NAMED]);
  });

  test("two suspended calls at a time have separate sessions, and both get their responses", async () => {
    const slug = `held-two-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const asking = [
      await ask(client, { questions: [FORM_ELICITATION] }),
      await ask(client, { questions: [FORM_ELICITATION] }),
    ];
    const { messages } = await readUpstream(slug);
    const calls = messages.filter(({ message }) => message.method === "tools/call");
    expect(new Set(calls.map(({ session }) => session)).size).toBe(2);
    for (const first of asking)
      expect(parseToolResult(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
  });

  test("progress of a suspended call has the progress token of the current request", async () => {
    const client = await makeRequestingWorkspace(kind, `held-progress-${kind}`);
    const stream = await call(
      client,
      { name: "progress", arguments: { value: 1, atOnce: 1 } },
      ALL_CAPABILITIES,
      { progressToken: "mine" },
    );
    await stream.waitUntil(({ hasEnded }) => hasEnded);
    expect(stream.messages).toMatchObject([
      { method: "notifications/progress", params: { progressToken: "mine", progress: 1 } },
      { id: "c", result: { resultType: "complete" } },
    ]);
  });
});

async function stopAll(): Promise<void> {
  for (const id of await listDurableObjectIds(bindings.SUSPENDED_CALLS)) {
    const stub = bindings.SUSPENDED_CALLS.get(id);
    await runInDurableObject(stub, (_instance, state) => state.abort("stopped")).catch(() => {});
  }
}

describe("a legacy server's URL elicitation error", () => {
  const pages = [
    { mode: "url", url: "https://pay.test/", message: "Log in", elicitationId: "e-1" },
    { mode: "url", url: "https://pay.test/2", message: "Pay", elicitationId: "e-2" },
  ];
  const error = { code: -32042, message: "Open it", data: { elicitations: pages } };
  const refuse = (client: Client, capabilities: object) =>
    callToEnd(client, { name: "refusing", arguments: { error } }, capabilities);

  test("a URL elicitation error becomes input_required for a modern client that supports it", async () => {
    const client = await makeRequestingWorkspace("legacy", "pages");
    const open = (url: string, message: string) => ({
      method: "elicitation/create",
      params: { mode: "url", url, message },
    });
    expect(await refuse(client, { elicitation: { url: {} } })).toEqual({
      jsonrpc: "2.0",
      id: "c",
      result: {
        resultType: "input_required",
        inputRequests: {
          "page-1": open("https://pay.test/", "Log in"),
          "page-2": open("https://pay.test/2", "Pay"),
        },
      },
    });
    expect(await waitForRows("pages", 1)).toMatchObject([{ status: "ok", errorCode: null }]);
  });

  test("a URL elicitation error stays an error for a modern client without support", async () => {
    const client = await makeRequestingWorkspace("legacy", "no-pages");
    for (const capabilities of [{}, { elicitation: { form: {} } }])
      expect(await refuse(client, capabilities)).toEqual({ jsonrpc: "2.0", id: "c", error });
    expect(await waitForRows("no-pages", 2)).toMatchObject([
      { status: "error", errorCode: "rpc_-32042" },
      { status: "error", errorCode: "rpc_-32042" },
    ]);
  });
});

test.each(["legacy", "sse"])(
  "a modern client that disconnects cancels the call at the %s server under the server's id",
  async (kind) => {
    const slug = `held-hangup-${kind}`;
    const client = await makeRequestingWorkspace(kind, slug);
    const stream = await call(client, { name: "waiting" });
    await scheduler.wait(400);
    await stream.close();
    await vi.waitFor(async () => {
      const [called] = await listReceived(slug, "tools/call");
      const cancelled = await listReceived(slug, "notifications/cancelled");
      expect(cancelled.map(({ params }) => params.requestId)).toEqual([called.id]);
    }, 10_000);
    expect(await waitForRows(slug, 1)).toMatchObject([
      { status: "cancelled", errorCode: "client_disconnected" },
    ]);
  },
);

test("a change notification during a suspended call reaches all clients", async () => {
  const client = await makeRequestingWorkspace("legacy", "held-announcing");
  const listening = await openStream(client);
  await callToEnd(client, { name: "announcing", arguments: { tool: "later" } });
  expect(await listening.waitForMethods()).toEqual(["tools/list_changed"]);
  await listening.close();
});

test("a server request on the session's stream reaches a modern client", async () => {
  const client = await makeRequestingWorkspace("legacy", "held-stream");
  const args = { questions: [FORM_ELICITATION], on: "stream", afterMs: 100 };
  const first = await callToEnd(client, { arguments: args });
  expect(first.result?.inputRequests).toEqual({ "request-1": FORM_ELICITATION });
  expect(parseToolResult(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
});

test("progress after a server request has the token of the request with the responses, or is dropped", async () => {
  const client = await makeRequestingWorkspace("legacy", "late-progress");
  const args = { questions: [FORM_ELICITATION], thenProgress: 2 };
  for (const [progressToken, count] of [
    ["second", 1],
    [undefined, 0],
  ] as const) {
    const first = await callToEnd(client, { arguments: args }, ALL_CAPABILITIES, {
      progressToken: "first",
    });
    const [key = ""] = Object.keys(first.result.inputRequests);
    const stream = await call(
      client,
      { inputResponses: { [key]: NAMED }, requestState: first.result.requestState },
      ALL_CAPABILITIES,
      progressToken ? { progressToken } : {},
    );
    await stream.waitUntil(({ hasEnded }) => hasEnded);
    expect(stream.messages.slice(0, -1)).toMatchObject(
      Array.from({ length: count }, () => ({ params: { progressToken, progress: 2 } })),
    );
    expect(parseToolResult(stream.messages.at(-1))).toEqual([NAMED]);
  }
});

test("input requests between a modern server and a modern client are relayed unchanged in both directions", async () => {
  const client = await makeRequestingWorkspace("modern", "untouched");
  const inputRequests = { one: FORM_ELICITATION, two: LIST_ROOTS };
  const { message } = await modernRpc(client, "tools/call", {
    name: "ask",
    arguments: { rounds: [inputRequests] },
  });
  expect(message.result).toEqual({
    resultType: "input_required",
    requestState: "state-1",
    inputRequests,
  });
  const inputResponses = { one: NAMED, two: ROOTED };
  const second = await modernRpc(client, "tools/call", {
    name: "ask",
    arguments: { rounds: [inputRequests] },
    requestState: "state-1",
    inputResponses,
  });
  expect(parseToolResult(second.message)).toEqual(inputResponses);
});
