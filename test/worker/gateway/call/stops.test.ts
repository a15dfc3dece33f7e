import { expect, inject, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  post,
  waitForCalls,
  waitForRows,
  type Client,
} from "../../support/gateway-client.ts";
import { manage, type Json } from "../../support/management-client.ts";
import { openStream, sendGet } from "../../support/notification-streams.ts";
import {
  ALL_CAPABILITIES,
  FORM_ELICITATION,
  initializeClient,
  listReceived,
  makeRequestingWorkspace,
  openCall,
  sendMessage,
  waitForMessage,
  type InitializedClient,
} from "../../support/server-requests.ts";

interface Stage {
  slug: string;
  memberId: string;
  tokenId: string;
}

interface Stop {
  cause: string;
  /** Who can lift it, in the words that the client shows. */
  says: RegExp;
  set: (stage: Stage) => Promise<unknown>;
  lift: (stage: Stage) => Promise<unknown>;
  /** Whether another member with another client is stopped, too. */
  stopsOthers: boolean;
}

const toggle = (path: (stage: Stage) => string): Pick<Stop, "set" | "lift"> => ({
  set: (stage) => manage("PUT", `/workspaces/${stage.slug}${path(stage)}`, {}),
  lift: (stage) => manage("DELETE", `/workspaces/${stage.slug}${path(stage)}`),
});

const STOPS: Stop[] = [
  {
    cause: "workspace_stopped",
    says: /^All calls in this workspace are stopped\. An owner or admin .* can lift the stop\.$/,
    ...toggle(() => "/stop"),
    stopsOthers: true,
  },
  {
    cause: "member_suspended",
    says: /^Your access to this workspace is suspended\. An owner or admin .* can lift/,
    ...toggle(({ memberId }) => `/members/${memberId}/suspension`),
    stopsOthers: false,
  },
  {
    cause: "token_suspended",
    says: /^This token is suspended\. An owner or admin .* can lift/,
    ...toggle(({ tokenId }) => `/tokens/${tokenId}/suspension`),
    stopsOthers: false,
  },
  {
    cause: "client_blocked",
    says: /^This workspace blocks this client .* An owner or admin .* can unblock it\.$/,
    set: ({ slug }) =>
      manage("POST", `/workspaces/${slug}/blocked-clients`, { name: "Tester", versionPrefix: "1" }),
    lift: async ({ slug }) => {
      const path = `/workspaces/${slug}/blocked-clients`;
      const [client] = (await manage("GET", path)).body.items;
      return manage("DELETE", `${path}/${client.id}`);
    },
    stopsOthers: false,
  },
];

/** Calls a tool of a client's session. */
async function callInSession(client: InitializedClient) {
  const params = { name: "ask", arguments: { questions: [] } };
  const body = { jsonrpc: "2.0", id: 7, method: "tools/call", params };
  const response = await post(client, body, { "mcp-session-id": client.session });
  const text = await response.text();
  return { status: response.status, message: JSON.parse(text.replace(/^[^{]*/, "")) };
}

test.concurrent.each(STOPS)(
  "$cause: the next call is refused in both eras, an open call and a stream end, and lifting it restores them",
  async ({ cause, says, set, lift, stopsOthers }) => {
    const slug = cause.replaceAll("_", "-");
    await makeRequestingWorkspace("legacy", slug);
    const { memberId, token } = await makeMember(slug, ["up:*"]);
    const { items } = (await manage("GET", `/workspaces/${slug}/tokens`)).body;
    const { id: tokenId } = items.find((known: Json) => known.memberId === memberId);
    const stage = { slug, memberId, tokenId };
    const client = await initializeClient({ slug, token });
    const { token: otherToken } = await makeMember(slug, ["up:*"]);
    const other = await initializeClient({ slug, token: otherToken }, ALL_CAPABILITIES, "other");
    const ask = { questions: [FORM_ELICITATION] };
    const mine = await openCall(client, "ask", ask, { id: "mine" });
    const theirs = await openCall(other, "ask", ask, { id: "theirs" });
    const listening = await openStream(client, client.session);
    await waitForMessage(mine, 1);
    await waitForMessage(theirs, 1);

    await set(stage);
    const refused = await callInSession(client);
    expect(refused).toMatchObject({
      status: 200,
      message: { id: 7, error: { code: -32_004, data: { reason: cause } } },
    });
    expect(refused.message.error.message).toMatch(says);
    expect((await modernRpc({ slug, token }, "tools/call", { name: "ask" })).message).toMatchObject(
      {
        error: { code: -32_004, message: refused.message.error.message, data: { reason: cause } },
      },
    );
    expect((await sendGet(client, { "mcp-session-id": client.session })).status).toBe(403);
    expect(await mine.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(mine.messages.at(-1)).toMatchObject({ id: "mine", error: { data: { reason: cause } } });
    expect(await listening.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect((await callInSession(other)).message.error !== undefined).toBe(stopsOthers);
    expect(stopsOthers || !theirs.hasEnded).toBe(true);

    const rows = (await waitForCalls(slug, stopsOthers ? 5 : 4)).filter(
      (row) => row.memberId === memberId,
    );
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toContainEqual([
      "blocked",
      cause,
    ]);
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toContainEqual([
      "cancelled",
      cause,
    ]);

    await lift(stage);
    expect((await callInSession(client)).message.error).toBeUndefined();
    expect((await callInSession(other)).message.error).toBeUndefined();
    await theirs.close();
  },
);

test("a call that is stopped while it waits for the first check of a server is in the audit log", async () => {
  const slug = "stopped-waiting";
  await makeWorkspace(slug, {});
  const { memberId, token } = await makeMember(slug, []);
  const tokens = (await manage("GET", `/workspaces/${slug}/tokens`)).body.items as Json[];
  const tokenId = tokens.find((known) => known.memberId === memberId).id;
  const url = `${inject("hostileUrl")}/any/hang/${slug}`;
  const adding = change(slug, { type: "server.create", input: { slug: "up", url } });
  const calling = callTool({ slug, token }, "ask");
  const object = bindings.WORKSPACES.getByName(slug);
  await expect
    .poll(async () => (await object.findTokenConnection(memberId, tokenId))?.connectedAt)
    .toEqual(expect.any(Number));
  await manage("PUT", `/workspaces/${slug}/tokens/${tokenId}/suspension`, {});
  expect((await calling).message).toMatchObject({ error: { data: { reason: "token_suspended" } } });
  await adding;
  expect(await waitForRows(slug, 1)).toMatchObject([
    { memberId, status: "blocked", errorCode: "token_suspended" },
  ]);
});

test("a blocked client's response to a server's request does not reach the server", async () => {
  const slug = "blocked-responses";
  const made = await makeRequestingWorkspace("legacy", slug);
  const client = await initializeClient(made);
  const call = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
  const { id } = await waitForMessage(call, 1);
  await manage("POST", `/workspaces/${slug}/blocked-clients`, { name: "tester" });
  const response = await sendMessage(client, { id, result: { action: "decline" } });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { data: { reason: "client_blocked" } } });
  expect(await listReceived(slug)).toEqual([]);
});

test("only the versions of a client that begin with the prefix are blocked", async () => {
  const slug = "blocked-versions";
  const made = await makeRequestingWorkspace("legacy", slug);
  const client = await initializeClient(made);
  const block = (versionPrefix: string) =>
    manage("POST", `/workspaces/${slug}/blocked-clients`, { name: "tester", versionPrefix });
  expect((await block("2.")).status).toBe(201);
  expect((await callInSession(client)).message.error).toBeUndefined();
  expect((await block("2.")).status).toBe(409);
  expect((await block("1")).status).toBe(201);
  expect((await callInSession(client)).message.error.data.reason).toBe("client_blocked");
});

test("a client that names itself differently is not blocked", async () => {
  const slug = "renamed-client";
  const made = await makeRequestingWorkspace("legacy", slug);
  await manage("POST", `/workspaces/${slug}/blocked-clients`, { name: "tester" });
  const { message } = await initializeAs(made, "tester");
  expect(message.error.data.reason).toBe("client_blocked");
  expect((await initializeAs(made, "tester2")).message.error).toBeUndefined();
});

async function initializeAs(client: Client, name: string) {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name, version: "1" },
  };
  const response = await post(client, { jsonrpc: "2.0", id: 1, method: "initialize", params });
  return { message: JSON.parse(await response.text()) };
}

test("a disabled server is refused to the next call and usable again when it is enabled", async () => {
  const slug = "disabled-at-once";
  const client = await makeRequestingWorkspace("legacy", slug);
  const patch = (enabled: boolean) =>
    manage("PATCH", `/workspaces/${slug}/servers/up`, { enabled });
  expect((await callTool(client, "ask", { questions: [] })).message.error).toBeUndefined();
  await patch(false);
  expect((await callTool(client, "ask", { questions: [] })).message.error?.data.reason).toBe(
    "unknown_tool",
  );
  await patch(true);
  expect((await callTool(client, "ask", { questions: [] })).message.error).toBeUndefined();
});

test("a member who becomes an auditor loses its tokens, and an auditor gets none", async () => {
  const slug = "auditor-tokens";
  await makeRequestingWorkspace("legacy", slug);
  const { memberId, token } = await makeMember(slug, ["up:*"]);
  expect((await callTool({ slug, token }, "ask", { questions: [] })).message.error).toBeUndefined();
  await change(slug, { type: "member.update", id: memberId, patch: { role: "auditor" } });
  expect((await callTool({ slug, token }, "ask", { questions: [] })).response.status).toBe(401);
  const path = `/workspaces/${slug}`;
  const created = await manage("POST", `${path}/tokens`, { label: "t", memberId });
  expect(created.body.error.message).toBe("An auditor calls no tools and has no tokens.");
  const { items } = (await manage("GET", `${path}/audit-events`)).body;
  expect(items[0]).toMatchObject({
    action: "member.updated",
    detail: { role: "auditor", revokedTokens: [expect.stringMatching(/^tok_/)] },
  });
  // A later role does not bring the tokens back.
  await change(slug, { type: "member.update", id: memberId, patch: { role: "member" } });
  expect((await callTool({ slug, token }, "ask", { questions: [] })).response.status).toBe(401);
});
