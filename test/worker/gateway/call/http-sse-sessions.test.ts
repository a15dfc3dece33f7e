import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import { later } from "../../support/clock.ts";
import {
  bindings,
  callTool,
  findFailureReason,
  change,
  makeMember,
  makeWorkspace,
  waitForRows,
  type Client,
} from "../../support/gateway-client.ts";
import { waitForRenewals } from "../../support/http-sse-sessions.ts";
import { openStream } from "../../support/notification-streams.ts";
import {
  initializeClient,
  openCall,
  sendMessage,
  waitForMessage,
  type InitializedClient,
} from "../../support/server-requests.ts";

interface PageServer {
  opened: number;
  /** Numbers of the open connections. */
  open: number[];
  messages: {
    connection: number;
    authorization: string | null;
    // oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a message
    message: any;
  }[];
}

/** Returns the fixture's state under a name; with a command, after it is carried out. */
async function control(name: string, command?: object): Promise<PageServer> {
  const response = await fetch(`${inject("pageUrl")}/control/${name}`, {
    method: command ? "POST" : "GET",
    ...(command ? { body: JSON.stringify(command) } : {}),
  });
  return response.json();
}

/** Creates a workspace with one server on the fixture, under the workspace's name. */
async function makePageWorkspace(slug: string, query = ""): Promise<Client> {
  const client = await makeWorkspace(slug, {});
  const url = `${inject("pageUrl")}/${slug}${query}`;
  await change(slug, { type: "server.create", input: { slug: "page", url } });
  return client;
}

async function addToken(slug: string): Promise<Client & { id: string }> {
  const { token, record } = await change(slug, { type: "token.create", input: { label: "t" } });
  return { slug, token, id: record.id };
}

/** The connections on which the fixture received messages of a method, one number per message. */
async function connectionsOf(name: string, method = "tools/call"): Promise<number[]> {
  const { messages } = await control(name);
  return messages
    .filter(({ message }) => message.method === method)
    .map(({ connection }) => connection);
}

async function isOpen(name: string, connection: number | undefined): Promise<boolean> {
  return (await control(name)).open.includes(connection ?? 0);
}

async function textOf(client: Client, tool: string, args: Record<string, unknown> = {}) {
  const { message } = await callTool(client, tool, args);
  return findFailureReason(message) ?? message.result?.content[0].text;
}

async function listSessions() {
  const ids = await listDurableObjectIds(bindings.HTTP_SSE_SESSIONS);
  return ids.map((id) => bindings.HTTP_SSE_SESSIONS.get(id));
}

async function stopSessions(): Promise<void> {
  for (const session of await listSessions())
    await runInDurableObject(session, (_instance, state) => state.abort("stopped")).catch(() => {});
}

describe("a session with an HTTP+SSE server", () => {
  test("state on the connection lives between two calls of one person, and no other person sees it", async () => {
    const one = await makePageWorkspace("two-pages");
    const two = { slug: one.slug, ...(await makeMember(one.slug, [])) };
    await textOf(one, "navigate", { url: "https://one.test/" });
    expect(await textOf(two, "snapshot")).toBe("about:blank");
    await textOf(two, "navigate", { url: "https://two.test/" });
    expect(await textOf(one, "snapshot")).toBe("https://one.test/");
    expect(await textOf(two, "snapshot")).toBe("https://two.test/");
    const [ofOne, ...rest] = await connectionsOf(one.slug);
    const [ofTwo] = rest;
    expect(rest).toEqual([ofTwo, ofTwo, ofOne, ofTwo]);
  });

  test("two tokens of one member share the member's session", async () => {
    const { slug } = await makePageWorkspace("one-person");
    const { memberId, token } = await makeMember(slug, []);
    const second = await change(slug, { type: "token.create", input: { label: "2", memberId } });
    await textOf({ slug, token }, "navigate", { url: "https://mine.test/" });
    expect(await textOf({ slug, token: second.token }, "snapshot")).toBe("https://mine.test/");
  });

  test("first calls that arrive together open one connection", async () => {
    const client = await makePageWorkspace("page-at-once");
    await Promise.all(Array.from({ length: 8 }, () => textOf(client, "snapshot")));
    expect(new Set(await connectionsOf(client.slug)).size).toBe(1);
  });

  test("calls in parallel get their own responses and progress, although their ids and tokens are the same", async () => {
    const client = await makePageWorkspace("parallel");
    const call = (name: string) =>
      openCall(client, "later", { count: 3, name }, { id: 1, progressToken: "p" });
    const streams = await Promise.all(["a", "b", "c"].map(call));
    for (const [index, stream] of streams.entries()) {
      await stream.waitUntil(({ hasEnded }) => hasEnded);
      const name = ["a", "b", "c"][index];
      expect(stream.messages).toMatchObject([
        { method: "notifications/progress", params: { progressToken: "p", message: name } },
        { id: 1, result: { content: [{ text: name }] } },
      ]);
    }
    const { messages } = await control(client.slug);
    const ids = messages
      .filter(({ message }) => message.method === "tools/call")
      .map(({ message }) => message.id);
    expect(ids.every(Number.isInteger)).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });

  test.each(["retry", "comment", "ping", "all"])(
    "events before the endpoint are passed over: %s",
    async (before) => {
      const client = await makePageWorkspace(`before-${before}`, `?before=${before}`);
      await textOf(client, "navigate", { url: "https://before.test/" });
      expect(await textOf(client, "snapshot")).toBe("https://before.test/");
    },
  );

  test("the session's requests without a call in flight are answered by the gateway", async () => {
    const client = await makePageWorkspace("between");
    await textOf(client, "snapshot");
    await control(client.slug, { ask: "ping" });
    await control(client.slug, { ask: "roots/list" });
    const replies = async () =>
      (await control(client.slug)).messages
        .map(({ message }) => message)
        .filter(({ method }) => method === undefined);
    await expect.poll(async () => (await replies()).length).toBe(2);
    expect(await replies()).toMatchObject([
      { id: "q", result: {} },
      { id: "q", error: { code: -32601 } },
    ]);
  });

  test("a server request goes to one of the client's calls in flight, and its response to the server", async () => {
    const made = await makePageWorkspace("one-asks");
    const client = await initializeClient(made, { roots: {} });
    const first = await openCall(client, "never", {}, { id: 1 });
    const second = await openCall(client, "asks", {}, { id: 2 });
    const request = await waitForMessage(first, 1);
    expect(request).toMatchObject({ method: "roots/list" });
    await sendMessage(client, { id: request.id, result: { roots: [] } });
    expect(await waitForMessage(second, 1)).toMatchObject({
      id: 2,
      result: { content: [{ text: "answered" }] },
    });
    await first.close();
  });

  test("a list change that the server announces between two calls reaches all clients", async () => {
    const client = await makePageWorkspace("announces");
    await textOf(client, "snapshot");
    const listening = await openStream(client);
    await control(client.slug, { announce: "tools/list_changed" });
    expect(await listening.waitForMethods()).toEqual(["tools/list_changed"]);
    await listening.close();
  });
});

test("a call works with the reference server", async () => {
  const client = await makeWorkspace("reference", {});
  const input = { slug: "everything", url: inject("everythingSseUrl") };
  await change(client.slug, { type: "server.create", input });
  expect(await textOf(client, "echo", { message: "hello" })).toBe("Echo: hello");
});

describe("the end of a connection to an HTTP+SSE server", () => {
  test("after the server has closed it, the next call opens another one", async () => {
    const client = await makePageWorkspace("hangs-up");
    await textOf(client, "navigate", { url: "https://gone.test/" });
    await control(client.slug, { hangUp: true });
    expect(await textOf(client, "snapshot")).toBe("about:blank");
  });

  test("a call in flight fails, is not sent again, and the next call opens another one", async () => {
    const client = await makePageWorkspace("dies");
    expect(await textOf(client, "dies")).toBe("upstream_unreachable");
    expect(await textOf(client, "snapshot")).toBe("about:blank");
    const { messages } = await control(client.slug);
    const calls = messages.filter(({ message }) => message.method === "tools/call");
    expect(calls.map(({ message }) => message.params.name)).toEqual(["dies", "snapshot"]);
  });

  test("a call that the server refused unread, because it does not know the connection, is sent on another one", async () => {
    const client = await makePageWorkspace("forgets");
    await textOf(client, "navigate", { url: "https://gone.test/" });
    const [before] = await connectionsOf(client.slug);
    await control(client.slug, { forget: true });
    expect(await textOf(client, "snapshot")).toBe("about:blank");
    await expect.poll(() => isOpen(client.slug, before)).toBe(false);
    expect(await waitForRows(client.slug, 2)).toMatchObject([
      { status: "ok", resendReason: null },
      { status: "ok", resendReason: "session_lost" },
    ]);
  });

  test.each([400, 404, 405, 410, 503])(
    "a call that is refused with %i by a server which knows the connection is sent once",
    async (status) => {
      const client = await makePageWorkspace(`page-fails-${status}`);
      expect(await textOf(client, "fails", { status })).toBe("upstream_http_error");
      expect(await textOf(client, "snapshot")).toBe("failed");
      const { messages } = await control(client.slug);
      expect(messages.filter(({ message }) => message.params?.name === "fails")).toHaveLength(1);
    },
  );

  test.each([400, 404, 410, 500])(
    "a JSON-RPC error with the call's id in an HTTP %i is the answer",
    async (status) => {
      const client = await makePageWorkspace(`page-answers-${status}`);
      const { message } = await callTool(client, "fails", { status, json: true });
      expect(message.error).toEqual({ code: -32000, message: "Order placed, receipt failed" });
      expect(await textOf(client, "snapshot")).toBe("failed");
    },
  );

  test("when the object stops, its calls fail and the next call opens another connection", async () => {
    const client = await makePageWorkspace("page-evicted");
    const stream = await openCall(client, "never");
    await stopSessions();
    expect(await waitForMessage(stream, 1)).toMatchObject({
      result: { _meta: { "mcpnest/failure": { reason: "upstream_unreachable" } } },
    });
    expect(await textOf(client, "snapshot")).toBe("about:blank");
  });

  test("a client that disconnects cancels its call, and the connection and other calls go on", async () => {
    const client = await makePageWorkspace("page-cancels");
    await textOf(client, "navigate", { url: "https://kept.test/" });
    const other = await openCall(client, "later", { count: 2, name: "other" });
    const stream = await openCall(client, "never");
    await stream.close();
    const cancelled = async () =>
      (await control(client.slug)).messages
        .filter(({ message }) => message.method === "notifications/cancelled")
        .map(({ message }) => message.params.requestId);
    await expect.poll(async () => (await cancelled()).length).toBe(1);
    const { messages } = await control(client.slug);
    const never = messages.find(({ message }) => message.params?.name === "never");
    expect(await cancelled()).toEqual([never?.message.id]);
    await textOf(client, "later", { count: 2, name: "last" });
    expect(await waitForMessage(other, 1)).toMatchObject({
      result: { content: [{ text: "other" }] },
    });
    expect(await textOf(client, "snapshot")).toBe("https://kept.test/");
  });

  test("a connection is closed half an hour after its last call", async () => {
    const client = await makePageWorkspace("page-idle");
    await textOf(client, "snapshot");
    const [connection] = await connectionsOf(client.slug);
    await later(20 * MINUTE_MS, () => textOf(client, "snapshot"));
    await later(49 * MINUTE_MS, waitForRenewals);
    expect(await isOpen(client.slug, connection)).toBe(true);
    await later(52 * MINUTE_MS, waitForRenewals);
    expect(await isOpen(client.slug, connection)).toBe(false);
  });

  test("the connection of a person whose access ends is closed, and those of others stay open", async () => {
    const other = await makePageWorkspace("leavers");
    const { slug } = other;
    const member = { slug, ...(await makeMember(slug, [])) };
    const ruled = { slug, ...(await makeMember(slug, ["page:*"])) };
    const token = await addToken(slug);
    await change(slug, { type: "workspace.update", patch: { enforcement: true } });
    for (const client of [other, member, ruled, token]) await textOf(client, "snapshot");
    const [kept, ...closing] = await connectionsOf(slug);
    await change(slug, { type: "member.delete", id: member.memberId });
    await change(slug, { type: "member.rules", id: ruled.memberId, rules: [] });
    await change(slug, { type: "token.revoke", id: token.id });
    await expect.poll(async () => (await control(slug)).open).toEqual([kept]);
    expect(closing).toHaveLength(3);
  });

  test.each([
    ["another URL", { url: "" }],
    ["another credential", { credentials: { authorization: "Bearer new" } }],
    ["another header", { headers: { "x-team": "new" } }],
  ])("a call after a change of the server uses another connection: %s", async (what, patch) => {
    const slug = what.replaceAll(" ", "-").toLowerCase();
    const client = await makePageWorkspace(slug);
    await change(slug, {
      type: "server.update",
      slug: "page",
      patch: { credentials: { authorization: "Bearer old" } },
    });
    await textOf(client, "navigate", { url: "https://before.test/" });
    const [before] = await connectionsOf(slug);
    const url = `${inject("pageUrl")}/${slug}?changed`;
    const changed = "url" in patch ? { url } : patch;
    await change(slug, { type: "server.update", slug: "page", patch: changed });
    expect(await textOf(client, "snapshot")).toBe("about:blank");
    await expect.poll(() => isOpen(slug, before)).toBe(false);
    const sent = (await control(slug)).messages.filter(
      ({ message }) => message.method === "tools/call",
    );
    expect(sent.map(({ authorization }) => authorization)).toEqual([
      "Bearer old",
      "credentials" in patch ? "Bearer new" : "Bearer old",
    ]);
  });

  test.concurrent.for([
    ["disabled", { type: "server.update", slug: "page", patch: { enabled: false } }],
    ["changed", { type: "server.update", slug: "page", patch: { headers: { "x-team": "a" } } }],
    ["deleted", { type: "server.delete", slug: "page" }],
    ["of a deleted workspace", { type: "workspace.delete" }],
  ] as const)(
    "connections to a server are closed without a further call: %s",
    async ([what, command], { expect }) => {
      const slug = `closed-${what.replaceAll(" ", "-")}`;
      const client = await makePageWorkspace(slug);
      await textOf(client, "snapshot");
      const [connection] = await connectionsOf(slug);
      expect(await isOpen(slug, connection)).toBe(true);
      await change(slug, command);
      await expect.poll(() => isOpen(slug, connection)).toBe(false);
    },
  );

  test("above the limit of a server, the connection that is idle for longest is closed", async () => {
    const client = await makePageWorkspace("crowd");
    const { slug } = client;
    const limits = { perAddressPerMinute: 10_000, perTokenPerMinute: null };
    await change(slug, { type: "workspace.update", patch: { limits } });
    // Each client has its own session, because it accepts server requests.
    const makeClient = () => initializeClient(client, { roots: {} });
    const snapshot = async (as: InitializedClient) =>
      (await openCall(as, "snapshot")).waitUntil(({ hasEnded }) => hasEnded);
    const first = await makeClient();
    await snapshot(first);
    await snapshot(await makeClient());
    for (let n = 2; n < 100; n += 7)
      await Promise.all(Array.from({ length: 7 }, async () => snapshot(await makeClient())));
    await snapshot(first);
    // The sessions report when they were used.
    await waitForRenewals();
    const [kept, oldest] = await connectionsOf(slug);
    expect((await control(slug)).open).toHaveLength(100);
    await snapshot(await makeClient());
    await expect.poll(() => isOpen(slug, oldest)).toBe(false);
    const { open } = await control(slug);
    expect([open.includes(kept ?? 0), open.length]).toEqual([true, 100]);
  }, 60_000);
});
