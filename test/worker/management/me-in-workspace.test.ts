import { describe, expect, inject, test } from "vitest";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { callTool, waitForRows } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

/** Creates a workspace with a server `ok` that has the tools `echo` and `add`; enforcement is off. */
async function makeWorkspaceWithServer(slug: string): Promise<string> {
  await manage("POST", "/workspaces", { slug, name: slug, enforcement: false });
  const url = `${inject("hostileUrl")}/ok/${slug}`;
  const added = await manage("POST", `/workspaces/${slug}/servers`, { slug: "ok", url });
  expect(added.body.check.error).toBeNull();
  return `/workspaces/${slug}`;
}

describe("a member", () => {
  test("a member sees its callable tools, its own calls and usage, and those of no other member", async () => {
    const path = await makeWorkspaceWithServer("own-view");
    await manage("PATCH", path, { enforcement: true });
    const { browser, memberId } = await makeJoinedUser("own-view", "member");
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:echo"] });
    const tools = await browser.send("GET", `${path}/me/tools`);
    expect(tools.body.items).toMatchObject([
      { serverSlug: "ok", serverName: "ok", exposedName: "echo", name: "echo" },
    ]);
    expect(tools.body.items[0].inputSchema).toMatchObject({ type: "object" });
    const own = (await browser.send("POST", `${path}/me/tokens`, { label: "x" })).body.token;
    const all = (await manage("POST", `${path}/tokens`, { label: "all" })).body.token;
    await callTool({ slug: "own-view", token: own }, "echo");
    await callTool({ slug: "own-view", token: own }, "add");
    await callTool({ slug: "own-view", token: all }, "add");
    await waitForRows("own-view", 3);
    const calls = (await browser.send("GET", `${path}/me/tool-calls`)).body.items;
    expect(calls.map((call: Json) => [call.toolName, call.status])).toEqual([
      ["add", "blocked"],
      ["echo", "ok"],
    ]);
    const refused = await browser.send("GET", `${path}/me/tool-calls?member=mem_x`);
    expect(refused.status).toBe(400);
    const usage = (await browser.send("GET", `${path}/me/usage`)).body;
    expect(usage.total).toMatchObject({ calls: 2, refused: 1 });
    expect((await manage("GET", `${path}/usage?by=member`)).body).toMatchObject({
      total: { calls: 3 },
      names: 2,
    });
  });
});

test("a member creates, rotates and revokes its own tokens, and those of no other member", async () => {
  await makeOwner("own-tokens");
  const path = "/workspaces/own-tokens";
  const { browser, memberId } = await makeJoinedUser("own-tokens", "member");
  const made = await browser.send("POST", `${path}/me/tokens`, { label: "laptop" });
  expect(made.body.record).toMatchObject({ memberId, label: "laptop" });
  const client = { slug: "own-tokens", token: made.body.token };
  expect((await callTool(client, "nothing")).response.status).toBe(200);
  const theirs = (await manage("POST", `${path}/tokens`, { label: "workspace" })).body.record.id;
  const { items } = (await browser.send("GET", `${path}/me/tokens`)).body;
  expect(items).toMatchObject([{ id: made.body.record.id }]);
  for (const [method, url] of [
    ["POST", `${path}/me/tokens/${theirs}/rotate`],
    ["DELETE", `${path}/me/tokens/${theirs}`],
  ] as const) {
    const none = url.replace(theirs, "tok_none");
    expect(refusalOf(await browser.send(method, url))).toBe(
      refusalOf(await browser.send(method, none)),
    );
  }
  const rotated = await browser.send("POST", `${path}/me/tokens/${items[0].id}/rotate`);
  expect((await callTool(client, "nothing")).response.status).toBe(401);
  const renewed = { ...client, token: rotated.body.token };
  expect((await callTool(renewed, "nothing")).response.status).toBe(200);
  expect((await browser.send("DELETE", `${path}/me/tokens/${items[0].id}`)).status).toBe(204);
  expect((await callTool(renewed, "nothing")).response.status).toBe(401);
  const forOthers = await browser.send("POST", `${path}/me/tokens`, {
    label: "x",
    memberId: null,
  });
  expect(forOthers.status).toBe(400);
});
