import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import {
  arrived,
  asking,
  EVERYTHING,
  FORM,
  makeAsked,
  PAGE,
  ROOTS,
  SAMPLE,
  valueOf,
} from "../../support/asking.ts";
import {
  bindings,
  change,
  modernRpc,
  post,
  rowsOf,
  type Client,
} from "../../support/gateway-client.ts";
import { openStream, Stream } from "../../support/listening.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const SAMPLED = { role: "assistant", model: "m", content: { type: "text", text: "Hello" } };
const ROOTED = { roots: [{ uri: "file:///home" }] };

/** A modern client's call of a tool; `params` may carry answers and the state that they belong to. */
async function call(
  client: Client,
  params: { name?: string; [member: string]: unknown },
  capabilities: object = EVERYTHING,
  meta: object = {},
): Promise<Stream> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    ...meta,
  };
  const body = {
    jsonrpc: "2.0",
    id: "c",
    method: "tools/call",
    params: { name: "ask", ...params, _meta },
  };
  const response = await post(client, body, {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": params.name ?? "ask",
  });
  if (response.headers.get("content-type") === "text/event-stream") return new Stream(response);
  const text = await response.text();
  return new Stream(new Response(`data: ${text}\n\n`));
}

/** The message that ends a call, and with it the stream. */
async function answerTo(...of: Parameters<typeof call>) {
  const stream = await call(...of);
  await stream.until(({ hasEnded }) => hasEnded, 4_000);
  return stream.messages.at(-1);
}

/** Answers what a call asked. */
function retry(
  client: Client,
  asked: { result: { requestState: string } },
  inputResponses: object,
) {
  return answerTo(client, { inputResponses, requestState: asked.result.requestState });
}

const ENDED = {
  id: "c",
  error: { code: -32602, data: { reason: "request_state_expired" } },
};

describe.each(["legacy", "sse"])("a modern client's call of a %s server that asks", (kind) => {
  const ask = (client: Client, args: object, capabilities?: object, meta?: object) =>
    answerTo(client, { arguments: args }, capabilities, meta);

  test("ends in input_required, and goes on with the answers, as often as the server asks", async () => {
    const slug = `held-${kind}`;
    const client = await makeAsked(kind, slug);
    const first = await ask(client, { questions: [FORM, SAMPLE, ROOTS] });
    expect(first).toEqual({
      jsonrpc: "2.0",
      id: "c",
      result: {
        resultType: "input_required",
        inputRequests: { "request-1": FORM },
        requestState: expect.stringMatching(/^[\x21-\x7e]+$/),
      },
    });
    const second = await retry(client, first, { "request-1": NAMED });
    expect(second.result.inputRequests).toEqual({ "request-2": SAMPLE });
    const third = await retry(client, second, { "request-2": SAMPLED });
    expect(third.result.inputRequests).toEqual({ "request-3": ROOTS });
    const last = await retry(client, third, { "request-3": ROOTED });
    expect(last).toMatchObject({ id: "c", result: { resultType: "complete" } });
    expect(valueOf(last)).toEqual([NAMED, SAMPLED, ROOTED]);
    expect(await arrived(slug, "tools/call")).toHaveLength(1);
    expect((await rowsOf(slug, 4)).map(({ status }) => status)).toEqual(["ok", "ok", "ok", "ok"]);
  });

  test("asks together what the server asks at once, and again for what was not answered", async () => {
    const client = await makeAsked(kind, `together-${kind}`);
    const questions = [FORM, ROOTS];
    const first = await ask(client, { questions, together: true });
    expect(first.result.inputRequests).toEqual({ "request-1": FORM, "request-2": ROOTS });
    const second = await retry(client, first, { "request-2": ROOTED, other: NAMED });
    expect(second.result.inputRequests).toEqual({ "request-1": FORM });
    const last = await retry(client, second, { "request-1": { action: "cancel" } });
    expect(valueOf(last)).toEqual([{ action: "cancel" }, ROOTED]);
  });

  test("has what the client cannot answer refused to the server", async () => {
    const slug = `cannot-${kind}`;
    const client = await makeAsked(kind, slug);
    const questions = [SAMPLE, PAGE, ROOTS];
    const refused = { error: { code: -32601 } };
    const nothing = await ask(client, { questions }, {});
    expect(valueOf(nothing)).toMatchObject([refused, refused, refused]);
    const first = await ask(client, { questions }, { roots: {} });
    expect(first.result.inputRequests).toEqual({ "request-1": ROOTS });
    const last = await retry(client, first, { "request-1": ROOTED });
    expect(valueOf(last)).toMatchObject([refused, refused, ROOTED]);
    const declared = (await arrived(slug, "initialize")).map(({ params }) => params.capabilities);
    expect(declared.slice(-2)).toEqual([{}, { roots: {} }]);
  });

  test("waits for a person longer than for a server", async () => {
    const client = await makeAsked(kind, `patient-${kind}`);
    const first = await ask(client, { questions: [FORM] });
    await scheduler.wait(3_000);
    expect(valueOf(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
  });

  test("has the server's pings answered", async () => {
    const client = await makeAsked(kind, `held-ping-${kind}`);
    const answer = await answerTo(client, { name: "pinging" });
    expect(valueOf(answer)).toEqual({});
  });

  test("takes answers from nobody but the one who was asked, for nothing but what was called", async () => {
    const slug = `strange-${kind}`;
    const client = await makeAsked(kind, slug);
    const other = await change(slug, { type: "token.create", input: { label: "other" } });
    const elsewhere = await makeAsked(kind, `${slug}-2`, slug);
    const first = await ask(client, { questions: [FORM] });
    const { requestState } = first.result;
    const before = (await asking(slug)).messages.length;
    const inputResponses = { "request-1": { action: "accept", content: { name: "Mallory" } } };
    const altered =
      requestState.slice(0, 20) + (requestState[20] === "A" ? "B" : "A") + requestState.slice(21);
    for (const [who, params] of [
      [{ slug, token: other.token }, { requestState }],
      [elsewhere, { requestState }],
      [client, { requestState, name: "waiting" }],
      [client, { requestState: altered }],
      [client, { requestState: "" }],
      [client, { requestState: 7 }],
    ] as const)
      expect(await answerTo(who, { inputResponses, ...params })).toMatchObject(ENDED);
    expect((await asking(slug)).messages).toHaveLength(before);
    expect(valueOf(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
    const rows = await rowsOf(slug, 6);
    expect(rows.map(({ status, errorCode }) => `${status} ${errorCode}`)).toEqual([
      "ok null",
      ...Array.from({ length: 5 }, () => "error request_state_expired"),
      "ok null",
    ]);
  });

  test("is over after its end, and ten minutes after its question", async () => {
    const slug = `over-${kind}`;
    const client = await makeAsked(kind, slug);
    const first = await ask(client, { questions: [FORM] });
    await retry(client, first, { "request-1": NAMED });
    const second = await ask(client, { questions: [FORM] });
    const answered = await arrived(slug);
    expect(await retry(client, first, { "request-1": NAMED })).toMatchObject(ENDED);
    try {
      vi.setSystemTime(Date.now() + 10 * 60_000);
      expect(await retry(client, second, { "request-1": NAMED })).toMatchObject(ENDED);
    } finally {
      vi.useRealTimers();
    }
    await scheduler.wait(100);
    expect(await arrived(slug)).toEqual(answered);
    expect(await arrived(slug, "tools/call")).toHaveLength(2);
  });

  test("is lost with the object that holds it, and says so", async () => {
    const client = await makeAsked(kind, `lost-${kind}`);
    const first = await ask(client, { questions: [FORM] });
    const { result } = first;
    // Its name is in the sealed state only: all of them are stopped.
    await stopAll();
    expect(await retry(client, { result }, { "request-1": NAMED })).toMatchObject(ENDED);
    const again = await ask(client, { questions: [FORM] });
    expect(valueOf(await retry(client, again, { "request-1": NAMED }))).toEqual([NAMED]);
  });

  test("tells of progress by the token of the request that waits for it", async () => {
    const client = await makeAsked(kind, `held-progress-${kind}`);
    const stream = await call(
      client,
      { name: "progress", arguments: { value: 1, atOnce: 1 } },
      EVERYTHING,
      { progressToken: "mine" },
    );
    await stream.until(({ hasEnded }) => hasEnded);
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

describe("a legacy server's demand that a page be opened first", () => {
  const pages = [
    { mode: "url", url: "https://pay.test/", message: "Log in", elicitationId: "e-1" },
    { mode: "url", url: "https://pay.test/2", message: "Pay", elicitationId: "e-2" },
  ];
  const error = { code: -32042, message: "Open it", data: { elicitations: pages } };
  const refuse = (client: Client, capabilities: object) =>
    answerTo(client, { name: "refusing", arguments: { error } }, capabilities);

  test("is input_required for a modern client that can open pages", async () => {
    const client = await makeAsked("legacy", "pages");
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
    expect(await rowsOf("pages", 1)).toMatchObject([{ status: "ok", errorCode: null }]);
  });

  test("stays the server's error for one that cannot", async () => {
    const client = await makeAsked("legacy", "no-pages");
    for (const capabilities of [{}, { elicitation: { form: {} } }])
      expect(await refuse(client, capabilities)).toEqual({ jsonrpc: "2.0", id: "c", error });
    expect(await rowsOf("no-pages", 2)).toMatchObject([
      { status: "error", errorCode: "rpc_-32042" },
      { status: "error", errorCode: "rpc_-32042" },
    ]);
  });
});

test("a modern client that hangs up while a legacy server works ends that work, by the server's own id of the call", async () => {
  const client = await makeAsked("legacy", "held-hangup");
  const stream = await call(client, { name: "waiting" });
  await scheduler.wait(400);
  await stream.close();
  await vi.waitFor(async () => {
    const [called] = await arrived("held-hangup", "tools/call");
    const cancelled = await arrived("held-hangup", "notifications/cancelled");
    expect(cancelled.map(({ params }) => params.requestId)).toEqual([called.id]);
  }, 4_000);
  expect(await rowsOf("held-hangup", 1)).toMatchObject([
    { status: "cancelled", errorCode: "client_disconnected" },
  ]);
});

test("what a server announces while a modern client's call is held reaches everybody", async () => {
  const client = await makeAsked("legacy", "held-announcing");
  const listening = await openStream(client);
  await answerTo(client, { name: "announcing", arguments: { tool: "later" } });
  expect(await listening.hear()).toEqual(["tools/list_changed"]);
  await listening.close();
});

test("a question that a legacy server asks on its session's stream reaches a modern client, too", async () => {
  const client = await makeAsked("legacy", "held-stream");
  const args = { questions: [FORM], on: "stream", afterMs: 100 };
  const first = await answerTo(client, { arguments: args });
  expect(first.result?.inputRequests).toEqual({ "request-1": FORM });
  expect(valueOf(await retry(client, first, { "request-1": NAMED }))).toEqual([NAMED]);
});

test("progress after a question has the token of the request that brought the answers, or is not told", async () => {
  const client = await makeAsked("legacy", "late-progress");
  const args = { questions: [FORM], thenProgress: 2 };
  for (const [progressToken, heard] of [
    ["second", 1],
    [undefined, 0],
  ] as const) {
    const first = await answerTo(client, { arguments: args }, EVERYTHING, {
      progressToken: "first",
    });
    const [key = ""] = Object.keys(first.result.inputRequests);
    const stream = await call(
      client,
      { inputResponses: { [key]: NAMED }, requestState: first.result.requestState },
      EVERYTHING,
      progressToken ? { progressToken } : {},
    );
    await stream.until(({ hasEnded }) => hasEnded);
    expect(stream.messages.slice(0, -1)).toMatchObject(
      Array.from({ length: heard }, () => ({ params: { progressToken, progress: 2 } })),
    );
    expect(valueOf(stream.messages.at(-1))).toEqual([NAMED]);
  }
});

test("what a modern server asks a modern client passes as it is, both ways", async () => {
  const client = await makeAsked("modern", "untouched");
  const asked = { one: FORM, two: ROOTS };
  const { message } = await modernRpc(client, "tools/call", {
    name: "ask",
    arguments: { rounds: [asked] },
  });
  expect(message.result).toEqual({
    resultType: "input_required",
    requestState: "state-1",
    inputRequests: asked,
  });
  const inputResponses = { one: NAMED, two: ROOTED };
  const answered = await modernRpc(client, "tools/call", {
    name: "ask",
    arguments: { rounds: [asked] },
    requestState: "state-1",
    inputResponses,
  });
  expect(valueOf(answered.message)).toEqual(inputResponses);
});
