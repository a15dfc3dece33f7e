import { evictDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { makeJoinedUser } from "../support/browser.ts";
import {
  bindings,
  callTool,
  modernRpc,
  rpc,
  waitForRows,
  type Client,
} from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { openStream, openSubscription } from "../support/notification-streams.ts";

/** Creates a workspace with the servers `one` and `two`, each with the tools `echo` and `add`. */
async function makeTwoServers(slug: string): Promise<string> {
  const path = `/workspaces/${slug}`;
  await manage("POST", "/workspaces", { slug, name: slug, defaultAccess: "open" });
  for (const server of ["one", "two"]) {
    const introduction = { instructions: `Use ${server}.` };
    const url = await setLists(`${slug}-${server}`, { tools: ["echo", "add"], introduction });
    await manage("POST", `${path}/servers`, { slug: server, url, prefix: server });
  }
  return path;
}

async function makeToken(path: string, input: object): Promise<Client & { id: string }> {
  const { body } = await manage("POST", `${path}/tokens`, { label: "narrow", ...input });
  return { slug: path.split("/")[2] ?? "", token: body.token, id: body.record.id };
}

async function listBoth(client: Client): Promise<string[][]> {
  const lists = [await rpc(client, "tools/list"), await modernRpc(client, "tools/list")];
  return lists.map(({ message }) => message.result.tools.map(({ name }: Json) => name));
}

describe("a token that is narrowed to some tools", () => {
  test("lists and calls only these tools, in both eras, and the refusal says why", async () => {
    const path = await makeTwoServers("narrowed");
    const client = await makeToken(path, { tools: ["one:echo", "two:*"] });
    const visible = ["one_echo", "two_echo", "two_add"];
    expect(await listBoth(client)).toEqual([visible, visible]);
    expect((await callTool(client, "one_echo")).message.error).toBeUndefined();
    const refused = [
      await callTool(client, "one_add"),
      await modernRpc(client, "tools/call", { name: "one_add", arguments: {} }),
    ];
    for (const { message } of refused)
      expect(message.error).toMatchObject({ data: { reason: "tool_not_selected" } });
    expect(refused[0]?.message.error?.message).toContain("narrowed to other tools");
    const rows = await waitForRows("narrowed", 2);
    expect(rows.at(-1)).toMatchObject({ status: "blocked", errorCode: "tool_not_selected" });
  });

  test("never has more than its owner, whose rules still decide", async () => {
    const path = await makeTwoServers("narrowed-member");
    const { memberId } = await makeJoinedUser("narrowed-member", "member");
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["one:echo", "two:add"] });
    const client = await makeToken(path, { memberId, tools: ["one:*", "two:echo"] });
    expect(await listBoth(client)).toEqual([["one_echo"], ["one_echo"]]);
    const { message } = await callTool(client, "one_add");
    expect(message.error).toMatchObject({ data: { reason: "tool_not_allowed" } });
    expect(message.error?.message).toMatch(/^Tool not allowed for this user\. Ask for access: /);
    const initialized = await rpc(client, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    });
    expect(initialized.message.result.instructions).toBe("## one\n\nUse one.");
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["two:echo"] });
    expect(await listBoth(client)).toEqual([["two_echo"], ["two_echo"]]);
  });

  test("is widened and narrowed without a new value, and its open streams announce the change", async () => {
    const path = await makeTwoServers("narrowed-later");
    const client = await makeToken(path, {});
    const other = await makeToken(path, {});
    const legacy = await openStream(client);
    const modern = await openSubscription(client, { toolsListChanged: true });
    const others = await openStream(other);
    const changed = await manage("PATCH", `${path}/tokens/${client.id}`, { tools: ["two:echo"] });
    expect(changed.body).toMatchObject({ id: client.id, tools: ["two:echo"], label: "narrow" });
    expect(await legacy.waitForMethods()).toEqual(["tools/list_changed"]);
    expect(await modern.waitForMethods(2)).toContain("tools/list_changed");
    expect(await listBoth(client)).toEqual([["two_echo"], ["two_echo"]]);
    await manage("PATCH", `${path}/tokens/${client.id}`, { tools: null });
    expect((await listBoth(client))[0]).toHaveLength(4);
    const { items } = (await manage("GET", `${path}/audit-events?limit=2`)).body;
    expect(items).toMatchObject([
      { action: "token.updated", detail: { tools: null, before: { tools: ["two:echo"] } } },
      { action: "token.updated", detail: { tools: ["two:echo"], before: { tools: null } } },
    ]);
    await manage("DELETE", `${path}/tokens/${other.id}`);
    expect(await others.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(others.methods()).toEqual([]);
    for (const stream of [legacy, modern]) await stream.close();
  });

  test("keeps its tools in D1, through a restart of the object and a removed server", async () => {
    const path = await makeTwoServers("narrowed-kept");
    const client = await makeToken(path, { tools: ["one:echo", "two:add"] });
    expect((await manage("GET", `${path}/tokens`)).body.items).toMatchObject([
      { id: client.id, tools: ["one:echo", "two:add"] },
    ]);
    await evictDurableObject(bindings.WORKSPACES.getByName("narrowed-kept"));
    const kept = ["one_echo", "two_add"];
    expect(await listBoth(client)).toEqual([kept, kept]);
    await manage("DELETE", `${path}/servers/one`);
    expect(await listBoth(client)).toEqual([["two_add"], ["two_add"]]);
    await manage("DELETE", `${path}/servers/two`);
    expect((await manage("GET", `${path}/tokens`)).body.items[0].tools).toEqual([]);
    const url = `${inject("hostileUrl")}/ok/narrowed-kept-again`;
    await manage("POST", `${path}/servers`, { slug: "one", url });
    expect(await listBoth(client)).toEqual([[], []]);
  });

  test("is chosen by its member, who learns nothing about servers that the member may not use", async () => {
    const path = await makeTwoServers("narrowed-own");
    const { browser, memberId } = await makeJoinedUser("narrowed-own", "member");
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["one:echo"] });
    const own = `${path}/me/tokens`;
    const made = await browser.send("POST", own, { label: "mine", tools: ["one:echo"] });
    expect(made.body.record.tools).toEqual(["one:echo"]);
    const { id } = made.body.record;
    const hidden = await browser.send("PATCH", `${own}/${id}`, { tools: ["two:echo"] });
    const absent = await browser.send("PATCH", `${own}/${id}`, { tools: ["three:echo"] });
    expect(refusalOf(hidden)).toBe(refusalOf(absent).replace("three", "two"));
    expect((await browser.send("PATCH", `${own}/${id}`, { tools: [] })).status).toBe(400);
    const theirs = await makeToken(path, {});
    expect((await browser.send("PATCH", `${own}/${theirs.id}`, { tools: null })).status).toBe(404);
    expect((await browser.send("PATCH", `${own}/${id}`, { label: "new" })).body).toMatchObject({
      label: "new",
      tools: ["one:echo"],
    });
  });
});

test("a member sees which client connected with a token, and the first call, but not the dashboard's own requests", async () => {
  const path = await makeTwoServers("connections");
  const { browser } = await makeJoinedUser("connections", "member");
  const made = await browser.send("POST", `${path}/me/tokens`, { label: "mine" });
  const client = { slug: "connections", token: made.body.token };
  const connection = `${path}/me/tokens/${made.body.record.id}/connection`;
  const initialize = (name: string) =>
    rpc(client, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name, version: "7.1" },
    });
  const nothing = { client: null, connectedAt: null, calledAt: null };
  await initialize("mcpnest dashboard");
  expect((await browser.send("GET", connection)).body).toEqual(nothing);
  await initialize("some-client");
  expect((await browser.send("GET", connection)).body).toEqual({
    client: { name: "some-client", version: "7.1" },
    connectedAt: expect.any(Number),
    calledAt: null,
  });
  await callTool(client, "one_echo");
  expect((await browser.send("GET", connection)).body).toMatchObject({
    client: { name: "some-client", version: "7.1" },
    calledAt: expect.any(Number),
  });
  const { browser: other } = await makeJoinedUser("connections", "member");
  expect((await other.send("GET", connection)).status).toBe(404);
  await browser.send("POST", `${path}/me/tokens/${made.body.record.id}/rotate`, {});
  expect((await browser.send("GET", connection)).body).toEqual(nothing);
});
