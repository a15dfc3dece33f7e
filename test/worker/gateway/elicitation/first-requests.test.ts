import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { seal, unseal } from "../../../../workers/crypto/seal.ts";
import { bindings, waitForRows, type Client } from "../../support/gateway-client.ts";
import {
  callAsModern,
  FORM_ELICITATION,
  LIST_ROOTS,
  listReceived,
  makeRequestingWorkspace,
  parseToolResult,
  readUpstream,
} from "../../support/server-requests.ts";
import { crash } from "../../support/workspace-object.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const ENDED = { id: "c", error: { code: -32602, data: { reason: "request_state_expired" } } };
const REFUSED = { error: { code: -32601 } };

/** The message that ends a modern client's call. */
async function callToEnd(client: Client, args: object, params: { name?: string } = {}) {
  const stream = await callAsModern(client, { arguments: args, ...params });
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  return stream.messages.at(-1);
}

/** Repeats a call with the response to its first request. */
async function retry(client: Client, requestState: string, params: { name?: string } = {}) {
  const inputResponses = { "request-1": NAMED };
  const stream = await callAsModern(client, { inputResponses, requestState, ...params });
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  return stream.messages.at(-1);
}

async function countHolders(): Promise<number> {
  return (await listDurableObjectIds(bindings.SUSPENDED_CALLS)).length;
}

/** The alarm and tables of each object. */
async function readStorage<T extends Rpc.DurableObjectBranded>(objects: DurableObjectNamespace<T>) {
  const ids = await listDurableObjectIds(objects);
  return Promise.all(
    ids.map((id) =>
      runInDurableObject(objects.get(id), async (_instance, { storage }) => ({
        alarm: await storage.getAlarm(),
        tables: [...storage.sql.exec("SELECT name FROM sqlite_master")],
      })),
    ),
  );
}

/** The sessions in which the fixture received tool calls, one per call. */
async function sessionsOf(slug: string): Promise<unknown[]> {
  const { messages } = await readUpstream(slug);
  return messages.flatMap(({ message, session }) =>
    message.method === "tools/call" ? [session] : [],
  );
}

describe.each(["legacy", "sse"])("a %s server that has never sent a request", (kind) => {
  test("its calls make no object, and after its first request all later ones do", async () => {
    const client = await makeRequestingWorkspace(kind, `never-${kind}`);
    const before = await countHolders();
    for (let n = 0; n < 3; n++)
      expect(parseToolResult(await callToEnd(client, { questions: [] }))).toEqual([]);
    expect(await countHolders()).toBe(before);
    const asked = await callToEnd(client, { questions: [FORM_ELICITATION] });
    expect(parseToolResult(await retry(client, asked.result.requestState))).toEqual([NAMED]);
    expect(await countHolders()).toBe(before + 1);
    expect(parseToolResult(await callToEnd(client, { questions: [] }))).toEqual([]);
    expect(await countHolders()).toBe(before + 2);
  });

  test("its first request is remembered when the workspace's object restarts", async () => {
    const client = await makeRequestingWorkspace(kind, `recalled-${kind}`);
    await callToEnd(client, { questions: [LIST_ROOTS] });
    await crash(client.slug);
    const before = await countHolders();
    await callToEnd(client, { questions: [] });
    expect(await countHolders()).toBe(before + 1);
  });

  test("its calls share the session, and a call that is suspended keeps it for itself", async () => {
    const client = await makeRequestingWorkspace(kind, `keeps-${kind}`);
    await callToEnd(client, { questions: [] });
    const first = await callToEnd(client, { questions: [FORM_ELICITATION] });
    // No call is in flight: only the lease of the suspended one tells that its session is in use.
    await waitForRows(client.slug, 2);
    await crash(client.slug);
    const second = await callToEnd(client, { questions: [FORM_ELICITATION] });
    const [shared, ofFirst, ofSecond] = await sessionsOf(client.slug);
    expect([ofFirst === shared, ofSecond === shared]).toEqual([true, false]);
    for (const { result } of [first, second])
      expect(parseToolResult(await retry(client, result.requestState))).toEqual([NAMED]);
  });

  test("a request that can belong to two calls reaches neither, and later calls avoid their session", async () => {
    const client = await makeRequestingWorkspace(kind, `between-${kind}`);
    const waiting = await callAsModern(client, { name: "waiting" });
    const args = { questions: [FORM_ELICITATION], on: "stream" };
    const asking = await callToEnd(client, { ...args, afterMs: 300 });
    expect(parseToolResult(asking)).toMatchObject([REFUSED]);
    expect(waiting.messages).toEqual([]);
    const held = await callToEnd(client, args);
    expect(held.result.inputRequests).toEqual({ "request-1": FORM_ELICITATION });
    const [ofWaiting, ofAsking, ofHeld] = await sessionsOf(client.slug);
    expect([ofAsking === ofWaiting, ofHeld === ofWaiting]).toEqual([true, false]);
    await waiting.close();
  });

  test("objects that held calls have stored nothing", async () => {
    const client = await makeRequestingWorkspace(kind, `storeless-${kind}`);
    for (let n = 0; n < 2; n++) {
      const { result } = await callToEnd(client, { questions: [FORM_ELICITATION] });
      await retry(client, result.requestState);
    }
    await callToEnd(client, { questions: [FORM_ELICITATION] });
    const nothing = { alarm: null, tables: [] };
    for (const stored of await Promise.all([
      readStorage(bindings.SUSPENDED_CALLS),
      readStorage(bindings.HTTP_SSE_SESSIONS),
    ]))
      expect(stored).toEqual(stored.map(() => nothing));
  });
});

test("a call ends when its server closes the stream while its client is to respond", async () => {
  const client = await makeRequestingWorkspace("legacy", "leaves");
  const tool = { name: "leaving" };
  const asked = await callToEnd(client, { question: FORM_ELICITATION, afterMs: 500 }, tool);
  await expect
    .poll(async () => (await listReceived("leaves", "notifications/cancelled")).length)
    .toBe(1);
  expect(await retry(client, asked.result.requestState, tool)).toMatchObject(ENDED);
  expect(await listReceived("leaves")).toEqual([]);
});

test("a requestState that names no object is not valid", async () => {
  const client = await makeRequestingWorkspace("legacy", "nameless");
  const { result } = await callToEnd(client, { questions: [FORM_ELICITATION] });
  const keys = bindings.MCPNEST_MASTER_KEYS;
  const state = unseal(keys, "suspended-call", result.requestState, Date.now());
  const renamed = { ...Object(state), holder: crypto.randomUUID() };
  const sealed = seal(keys, "suspended-call", renamed, Date.now() + 60_000);
  expect(await retry(client, sealed)).toMatchObject(ENDED);
  expect(await waitForRows("nameless", 2)).toMatchObject([
    { status: "ok" },
    { status: "error", errorCode: "request_state_expired" },
  ]);
});
