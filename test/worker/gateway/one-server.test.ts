import { inject, describe, expect, test } from "vitest";
import { makeJoinedUser } from "../support/browser.ts";
import {
  callTool,
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  post,
  rpc,
  send,
  waitForRows,
  type Client,
  type Message,
} from "../support/gateway-client.ts";
import { setLists, type Listed } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";
import {
  controlUpstream,
  openSession,
  openStream,
  openSubscription,
  sendGet,
} from "../support/notification-streams.ts";
import { beginTask, makeTasksWorkspace, TASK_KINDS } from "../support/tasks.ts";

/** A workspace with these servers, and its client at the address of each server. */
async function makeServers(slug: string, servers: Record<string, Listed>) {
  const workspace = await makeWorkspace(slug, {});
  for (const [server, lists] of Object.entries(servers)) {
    const introduction = {
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: `Use ${server}.`,
    };
    const url = await setLists(`${slug}-${server}`, { introduction, ...lists });
    const input = { slug: server, url, prefix: `${server}_own` };
    await change(slug, { type: "server.create", input });
  }
  return {
    workspace,
    at: (server: string, { token }: { token: string } = workspace) => at(slug, server, token),
  };
}

const at = (slug: string, server: string, token: string): Client => ({
  slug: `${slug}/${server}`,
  token,
});

const namesOf = ({ result }: Message, list: string): string[] =>
  result[list].map(({ name, uri }: Json) => uri ?? name);

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "t", version: "1" },
};

describe("the address of one server", () => {
  test("lists what this server has, under the names of the workspace's address, in both eras", async () => {
    const shared = { tools: ["echo"], prompts: ["ask"], resources: ["test://shared"] };
    const { workspace, at: clientOf } = await makeServers("one-lists", { a: shared, b: shared });
    for (const request of [rpc, modernRpc]) {
      const list = async (client: Client, method: string, member = method) =>
        namesOf((await request(client, `${method}/list`)).message, member);
      expect(await list(workspace, "tools")).toEqual(["a_own_echo", "b_own_echo"]);
      expect(await list(clientOf("b"), "tools")).toEqual(["b_own_echo"]);
      expect(await list(clientOf("b"), "prompts")).toEqual(["b_own_ask"]);
      // At the workspace's address, the URI belongs to the first server.
      expect(await list(clientOf("b"), "resources")).toEqual(["test://shared"]);
      const read = await request(clientOf("b"), "resources/read", { uri: "test://shared" });
      expect(read.message.result.contents[0].text).toBe("one-lists-b");
    }
    const { message } = await rpc(clientOf("a"), "initialize", INITIALIZE);
    expect(message.result.instructions).toBe("Use a.");
    const discovered = await modernRpc(clientOf("b"), "server/discover");
    expect(discovered.message.result.instructions).toBe("Use b.");
  });

  test("refuses tools, prompts and resources of other servers as unknown, with the same audit rows", async () => {
    const lists = (name: string) => ({
      tools: [name],
      prompts: [name],
      resources: [`test://${name}`],
    });
    const { workspace, at: clientOf } = await makeServers("one-calls", {
      a: lists("x"),
      b: lists("y"),
    });
    const member = await makeMember("one-calls", ["a:x", "b:y"]);
    const client = clientOf("a", member);
    const reasons = [
      await callTool(client, "b_own_y"),
      await modernRpc(client, "tools/call", { name: "b_own_y", arguments: {} }),
      await rpc(clientOf("a"), "prompts/get", { name: "b_own_y" }),
    ].map(({ message }) => message.error?.data.reason);
    expect(reasons).toEqual(["unknown_tool", "unknown_tool", "unknown_prompt"]);
    const read = await modernRpc(clientOf("a"), "resources/read", { uri: "test://y" });
    expect(read.message.result.contents[0].text).toBe("one-calls-a");
    expect((await callTool(client, "a_own_x")).message.result.content[0].text).toBe(
      "one-calls-a x",
    );
    expect(
      (await callTool({ ...workspace, token: member.token }, "a_own_x")).message.error,
    ).toBeUndefined();
    await waitForRows("one-calls", 6);
    const { items } = (await manage("GET", "/workspaces/one-calls/tool-calls")).body;
    const rows = items.map((row: Json) => [row.serverSlug, row.toolName, row.rule, row.status]);
    expect(rows.toReversed().slice(-2)).toEqual([
      ["a", "x", "a:x", "ok"],
      ["a", "x", "a:x", "ok"],
    ]);
    expect(rows.toReversed().slice(0, 2)).toEqual([
      [null, null, null, "error"],
      [null, null, null, "error"],
    ]);
  });

  test("decides by the member's rules and the token's tools, and says which of them refuses", async () => {
    const tools = { tools: ["x", "y", "z"] };
    const { at: clientOf } = await makeServers("one-rules", { a: tools, b: tools });
    const { memberId, token } = await makeMember("one-rules", ["a:x", "a:y", "b:x"]);
    const input = { memberId, label: "narrow", tools: ["a:x", "b:x"] };
    const narrow = await manage("POST", "/workspaces/one-rules/tokens", input);
    const client = clientOf("a", { token: narrow.body.token });
    expect(namesOf((await rpc(client, "tools/list")).message, "tools")).toEqual(["a_own_x"]);
    const reasonOf = async (by: Client, tool: string) =>
      (await callTool(by, tool)).message.error?.data.reason;
    expect(await reasonOf(client, "a_own_y")).toBe("tool_not_selected");
    expect(await reasonOf(clientOf("a", { token }), "a_own_z")).toBe("tool_not_allowed");
  });

  test("answers a server that is hidden or disabled as one that does not exist, and records refused calls", async () => {
    const slug = "one-unknown";
    const servers = { seen: { tools: ["x"] }, off: { tools: ["x"] }, hidden: { tools: ["x"] } };
    const { at: clientOf } = await makeServers(slug, servers);
    await manage("PATCH", `/workspaces/${slug}/servers/off`, { enabled: false });
    const { token } = await makeMember(slug, ["seen:x", "off:x"]);
    for (const server of ["none", "off", "hidden"]) {
      const client = clientOf(server, { token });
      const answers = [
        await callTool(client, "x"),
        await modernRpc(client, "tools/list"),
        await rpc(client, "initialize", INITIALIZE),
      ];
      for (const { response, message } of answers) {
        expect(response.status).toBe(404);
        expect(message.error).toEqual({
          code: -32600,
          message: "This workspace has no such server, or this token may not use it",
          data: { reason: "unknown_server" },
        });
      }
      const headers = { authorization: `Bearer ${token}` };
      const others = [
        await post(client, { jsonrpc: "2.0", method: "notifications/initialized" }),
        await sendGet(client),
        await send(`/api/gw/${client.slug}/health`, { headers }),
      ];
      expect(others.map(({ status }) => status)).toEqual([404, 404, 404]);
    }
    const rows = await waitForRows(slug, 3);
    for (const row of rows)
      expect(row).toMatchObject({ serverSlug: null, status: "error", errorCode: "unknown_server" });
  });

  test("is refused to strangers like every other address, whether the server exists or not", async () => {
    const { at: clientOf } = await makeServers("one-strangers", { a: { tools: ["x"] } });
    const token = `mng_${"e".repeat(48)}`;
    const bodies = [];
    for (const client of [
      clientOf("a", { token }),
      clientOf("none", { token }),
      at("one-none", "a", token),
    ]) {
      const { response, message } = await rpc(client, "tools/list");
      expect(response.status).toBe(401);
      bodies.push(message);
    }
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  test("shares stops and rate limits with the workspace's address", async () => {
    const { workspace, at: clientOf } = await makeServers("one-limits", { a: { tools: ["x"] } });
    const limits = { perAddressPerMinute: 1_000, perTokenPerMinute: 3 };
    await change("one-limits", { type: "workspace.update", patch: { limits } });
    expect((await rpc(workspace, "ping")).response.status).toBe(200);
    expect((await rpc(clientOf("a"), "ping")).response.status).toBe(200);
    // Also a request to an unknown server counts.
    expect((await rpc(clientOf("none"), "ping")).response.status).toBe(404);
    expect((await rpc(clientOf("a"), "ping")).response.status).toBe(429);
    const { token } = await makeMember("one-limits", []);
    await manage("PUT", "/workspaces/one-limits/stop", {});
    const { message } = await callTool(clientOf("a", { token }), "a_own_x");
    expect(message.error?.data.reason).toBe("workspace_stopped");
  });

  test("has cursors, sessions and streams of its own", async () => {
    const tools = Array.from({ length: 1_001 }, (_, i) => `t${i}`);
    const { workspace, at: clientOf } = await makeServers("one-own", {
      a: { tools },
      b: { tools },
    });
    const cursorOf = async (client: Client) =>
      (await rpc(client, "tools/list")).message.result.nextCursor as string;
    const cursor = await cursorOf(clientOf("a"));
    const listWith = async (client: Client) =>
      (await rpc(client, "tools/list", { cursor })).message;
    expect(namesOf(await listWith(clientOf("a")), "tools")).toEqual(["a_own_t1000"]);
    for (const other of [workspace, clientOf("b")])
      expect(await listWith(other)).toMatchObject({ error: { data: { reason: "bad_cursor" } } });
    const session = await openSession(clientOf("a"));
    const ping = (client: Client) =>
      post(client, { jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-session-id": session });
    expect((await ping(clientOf("a"))).status).toBe(200);
    expect((await ping(workspace)).status).toBe(404);
    expect((await ping(clientOf("b"))).status).toBe(404);
    expect((await sendGet(clientOf("b"), { "mcp-session-id": session })).status).toBe(404);
  });

  test("announces the changes of its server only, and ends its streams with the server", async () => {
    const { at: clientOf, workspace } = await makeServers("one-streams", {
      a: { tools: ["x"] },
      b: { tools: ["x"] },
    });
    const streams = [
      await openStream(clientOf("a")),
      await openSubscription(clientOf("a"), { toolsListChanged: true }),
    ];
    const ofWorkspace = await openStream(workspace);
    const change1 = async (server: string, patch: object) =>
      manage("PATCH", `/workspaces/one-streams/servers/${server}`, patch);
    await change1("b", { enabled: false });
    expect(await ofWorkspace.waitForMethods()).toContain("tools/list_changed");
    expect(streams.map((stream) => stream.methods().includes("tools/list_changed"))).toEqual([
      false,
      false,
    ]);
    await change1("a", { prefix: "other" });
    for (const stream of streams)
      expect(await stream.waitUntil(() => stream.methods().includes("tools/list_changed"))).toBe(
        true,
      );
    await change1("a", { enabled: false });
    for (const stream of streams)
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    await ofWorkspace.close();
  });

  test("passes on updates of the resources that its session is subscribed to", async () => {
    const slug = "one-updates";
    const client = await makeWorkspace(slug, {});
    const url = `${inject("announcingUrl")}/legacy/${slug}`;
    for (const server of ["up", "other"])
      await change(slug, {
        type: "server.create",
        input: { slug: server, url: `${url}${server}` },
      });
    const own = at(slug, "up", client.token);
    const session = await openSession(own);
    const uri = `test://${slug}up/a`;
    const body = { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri } };
    expect(await (await post(own, body, { "mcp-session-id": session })).json()).toMatchObject({
      result: {},
    });
    const stream = await openStream(own, session);
    await controlUpstream(`${slug}up`, { update: uri });
    expect(await stream.waitForMethods()).toEqual(["resources/updated"]);
    await stream.close();
  });

  test("knows the tasks of its server and no others", async () => {
    const kind = TASK_KINDS.modern;
    const client = await makeTasksWorkspace("one-tasks", kind);
    await change("one-tasks", {
      type: "server.create",
      input: { slug: "other", url: inject("hostileUrl") + "/ok/one-tasks" },
    });
    const taskId = await beginTask(kind, at("one-tasks", "up", client.token));
    const readAt = async (address: Client) =>
      (await kind.send(address, "tasks/get", { taskId })).message;
    expect((await readAt(client)).result).toMatchObject({ taskId });
    expect((await readAt(at("one-tasks", "up", client.token))).result).toMatchObject({ taskId });
    expect(await readAt(at("one-tasks", "other", client.token))).toMatchObject({
      error: { data: { reason: "unknown_task" } },
    });
  });

  test("serves temporary tokens, and the health of its server alone", async () => {
    const { at: clientOf } = await makeServers("one-temporary", {
      a: { tools: ["x"] },
      health: { tools: ["y"] },
    });
    const { browser } = await makeJoinedUser("one-temporary", "member");
    const issued = await browser.send("POST", "/workspaces/one-temporary/me/temporary-tokens");
    const client = clientOf("a", { token: issued.body.token });
    expect((await callTool(client, "a_own_x")).message.result.content[0].text).toBe(
      "one-temporary-a x",
    );
    const healthOf = async (path: string) => {
      const headers = { authorization: `Bearer ${client.token}` };
      const response = await send(`/api/gw/one-temporary${path}`, { headers });
      return ((await response.json()) as Json).servers.map(({ slug }: Json) => slug);
    };
    expect(await healthOf("/a/health")).toEqual(["a"]);
    expect(await healthOf("/health")).toEqual(["a", "health"]);
    // A server can be called `health`: its MCP messages are its own.
    expect(await healthOf("/health/health")).toEqual(["health"]);
    const named = await rpc(clientOf("health", client), "tools/list");
    expect(namesOf(named.message, "tools")).toEqual(["health_own_y"]);
    const stream = await openStream(clientOf("health", client));
    await manage("PATCH", "/workspaces/one-temporary/servers/health", { prefix: "other" });
    expect(await stream.waitForMethods()).toContain("tools/list_changed");
    await stream.close();
  });
});
