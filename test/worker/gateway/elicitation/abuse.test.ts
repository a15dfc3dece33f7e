import { expect, inject, test } from "vitest";
import {
  change,
  type Client,
  makeMember,
  makeWorkspace,
  post,
} from "../../support/gateway-client.ts";
import { Stream } from "../../support/notification-streams.ts";
import {
  ALL_CAPABILITIES,
  FORM_ELICITATION,
  initializeClient,
  listReceived,
  makeRequestingWorkspace,
  openCall,
  sendMessage,
  waitForMessage,
} from "../../support/server-requests.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };

/** Deletes the server `up` and adds another one with its slug and URL. */
async function replaceServer(slug: string, kind: string): Promise<void> {
  await change(slug, { type: "server.delete", slug: "up" });
  const url = `${inject("askingUrl")}/${kind}/${slug}`;
  await change(slug, { type: "server.create", input: { slug: "up", url } });
}

async function modernCall(client: Client, args: object, more: object = {}) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": ALL_CAPABILITIES,
  };
  const response = await post(
    client,
    {
      jsonrpc: "2.0",
      id: "c",
      method: "tools/call",
      params: { name: "ask", arguments: args, ...more, _meta },
    },
    { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "ask" },
  );
  return response.headers.get("content-type") === "text/event-stream"
    ? new Stream(response)
    : new Stream(new Response(`data: ${await response.text()}\n\n`));
}

test.each(["legacy", "sse"])(
  "a response to a %s server request reaches its server, however long the names are",
  async (kind) => {
    const slug = `q-${kind}-`.padEnd(39, "a");
    const token = await makeWorkspace(slug, {});
    await change(slug, {
      type: "server.create",
      input: { slug: "s".repeat(32), url: `${inject("askingUrl")}/${kind}/${slug}` },
    });
    const client = await initializeClient(token);
    const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
    const { id } = await waitForMessage(stream, 1);
    const response = await sendMessage(client, { id, result: NAMED });
    expect([response.status, await response.text()]).toEqual([202, ""]);
  },
);

test("a response is not sent to a server whose URL changed since its request", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("legacy", "mv2"));
  const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
  const { id } = await waitForMessage(stream, 1);
  await change("mv2", {
    type: "server.update",
    slug: "up",
    patch: { url: `${inject("hostileUrl")}/ok/moved` },
  });
  expect((await sendMessage(client, { id, result: NAMED })).status).toBe(202);
  const stats = await (
    await fetch(`${inject("hostileUrl")}/stats`)
  ).json<Record<string, { last: { body: string } }>>();
  expect(stats["/ok/moved"]?.last.body).not.toContain("Ada");
});

test("a response is not sent to another server that has the slug of the one that asked", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("legacy", "mv3"));
  const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
  const { id } = await waitForMessage(stream, 1);
  await replaceServer("mv3", "legacy");
  expect((await sendMessage(client, { id, result: NAMED })).status).toBe(202);
  expect(JSON.stringify(await listReceived("mv3"))).not.toContain("Ada");
});

test("a suspended call does not continue under another server that has the slug of its own", async () => {
  const client = await makeRequestingWorkspace("legacy", "mv4");
  const call = await modernCall(client, { questions: [FORM_ELICITATION] });
  const { requestState, inputRequests } = (await waitForMessage(call, 1)).result;
  await replaceServer("mv4", "legacy");
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, NAMED]));
  const retry = await modernCall(client, {}, { requestState, inputResponses });
  const { error, result } = await waitForMessage(retry, 1);
  expect(JSON.stringify(error ?? result)).toContain("request_state");
  expect(JSON.stringify(await listReceived("mv4"))).not.toContain("Ada");
});

test("removing a rule while a server request is open stops the next round of the call", async () => {
  const slug = "rr";
  await makeRequestingWorkspace("modern", slug);
  const { memberId, token } = await makeMember(slug, ["up:ask"]);
  const client = await initializeClient({ slug, token });
  const stream = await openCall(client, "ask", { rounds: [{ one: FORM_ELICITATION }] });
  const { id } = await waitForMessage(stream, 1);
  await change(slug, { type: "member.rules", id: memberId, rules: ["up:waiting"] });
  await sendMessage(client, { id, result: NAMED });
  await waitForMessage(stream, 2);
  expect(await listReceived(slug, "tools/call")).toHaveLength(1);
});

test("a server that is deleted while its request is open gets no next round of the call", async () => {
  const slug = "rd";
  const client = await initializeClient(await makeRequestingWorkspace("modern", slug));
  const stream = await openCall(client, "ask", { rounds: [{ one: FORM_ELICITATION }] });
  const { id } = await waitForMessage(stream, 1);
  await change(slug, { type: "server.delete", slug: "up" });
  await sendMessage(client, { id, result: NAMED });
  await waitForMessage(stream, 2);
  expect(await listReceived(slug, "tools/call")).toHaveLength(1);
});

test("a server that sends too many requests in one round is not relayed", async () => {
  const slug = "many-suspended";
  const client = await initializeClient(await makeRequestingWorkspace("modern", slug));
  const round = Object.fromEntries(
    Array.from({ length: 3000 }, (_, n) => [`q${n}`, FORM_ELICITATION]),
  );
  const stream = await openCall(client, "ask", { rounds: [round] });
  await stream.waitUntil(({ messages, hasEnded }) => hasEnded || messages.length >= 500);
  expect(stream.hasEnded).toBe(true);
  expect(stream.messages.length).toBeLessThan(500);
});

test("a server request on a session's own stream reaches the call that it belongs to, and no other", async () => {
  const client = await makeRequestingWorkspace("legacy", "cross");
  // The session must be there already, so that both calls share it.
  const first = await modernCall(client, { questions: [] });
  await waitForMessage(first, 1);
  const form = (name: string) => ({
    ...FORM_ELICITATION,
    params: { ...FORM_ELICITATION.params, message: name },
  });
  const calls = [
    modernCall(client, { questions: [form("of A")], on: "stream", afterMs: 700 }),
    scheduler
      .wait(150)
      .then(() => modernCall(client, { questions: [form("of B")], on: "stream", afterMs: 200 })),
  ];
  const [streamOfA] = await Promise.all(calls);
  await scheduler.wait(1500);
  expect(JSON.stringify(streamOfA?.messages)).not.toContain("of B");
});

test("a suspended call passes on no more server requests than the limit", async () => {
  const client = await makeRequestingWorkspace("legacy", "flood-of-requests");
  const stream = await modernCall(client, {
    questions: Array.from({ length: 5000 }, () => FORM_ELICITATION),
    together: true,
  });
  const message = await waitForMessage(stream, 1);
  expect(Object.keys(message?.result?.inputRequests ?? {}).length).toBeLessThan(200);
});

test("a token can have a limited number of suspended calls at a time", async () => {
  const client = await makeRequestingWorkspace("legacy", "heldmany");
  await waitForMessage(await modernCall(client, { questions: [] }), 1);
  let suspended = 0;
  for (let n = 0; n < 100; n++) {
    const stream = await modernCall(client, { questions: [FORM_ELICITATION] });
    if ((await waitForMessage(stream, 1))?.result?.resultType === "input_required") suspended++;
  }
  expect(suspended).toBeLessThanOrEqual(32);
}, 60_000);
