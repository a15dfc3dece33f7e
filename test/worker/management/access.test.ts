import { describe, expect, inject, test } from "vitest";
import { callTool, waitForRows } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

/** Creates a workspace with a server `ok` that has the tools `echo` and `add`; open, and enforcement is off. */
async function makeWorkspaceWithServer(slug: string): Promise<string> {
  await manage("POST", "/workspaces", {
    slug,
    name: slug,
    enforcement: false,
    defaultAccess: "open",
  });
  const url = `${inject("hostileUrl")}/ok/${slug}`;
  const added = await manage("POST", `/workspaces/${slug}/servers`, { slug: "ok", url });
  expect(added.body.check.error).toBeNull();
  return `/workspaces/${slug}`;
}

async function makeMember(path: string, name: string, rules: string[] = []): Promise<string> {
  const { id } = (await manage("POST", `${path}/members`, { name })).body;
  await manage("PUT", `${path}/members/${id}/rules`, { rules });
  return id;
}

describe("the access preview", () => {
  test("the access preview lists lost tools per member with recent calls, and changes nothing", async () => {
    const path = await makeWorkspaceWithServer("preview");
    const ada = await makeMember(path, "Ada", ["ok:add"]);
    const bo = await makeMember(path, "Bo", ["ok:*"]);
    const cy = await makeMember(path, "Cy");
    const { token } = (await manage("POST", `${path}/tokens`, { label: "x", memberId: ada })).body;
    for (let i = 0; i < 3; i++) await callTool({ slug: "preview", token }, "echo");
    expect(await waitForRows("preview", 3)).toHaveLength(3);
    const preview = async (proposal: unknown) =>
      (await manage("POST", `${path}/access-preview`, proposal)).body.members;
    expect(await preview({ enforcement: true })).toEqual([
      {
        memberId: ada,
        name: "Ada",
        toolsBefore: 2,
        toolsAfter: 1,
        lostCount: 1,
        gainedCount: 0,
        calls: 3,
        refused: 0,
        lost: [
          {
            serverSlug: "ok",
            toolName: "echo",
            calls: 3,
            refused: 0,
            lastCalledAt: expect.any(Number),
          },
        ],
        lostServers: ["ok"],
      },
    ]);
    expect(await preview({})).toEqual([]);
    const closed = await preview({ enforcement: true, defaultAccess: "closed" });
    expect(closed.map((member: Json) => [member.memberId, member.lostCount])).toEqual([
      [ada, 1],
      [cy, 2],
    ]);
    const changed = await preview({ enforcement: true, rules: { [bo]: ["ok:echo"] } });
    expect(changed.find((member: Json) => member.memberId === bo)).toMatchObject({
      lost: [{ toolName: "add", calls: 0, lastCalledAt: null }],
    });
    await manage("PATCH", path, { enforcement: true });
    expect(await preview({ enforcement: false })).toMatchObject([
      { memberId: ada, toolsBefore: 1, toolsAfter: 2, gainedCount: 1, lostCount: 0 },
    ]);
    expect((await manage("GET", `${path}/members/${bo}`)).body.rules).toEqual(["ok:*"]);
    const { items } = (await manage("GET", `${path}/audit-events`)).body;
    expect(items[0].action).toBe("workspace.updated");
  });

  test("the access preview leaves out people who may call nothing: suspended ones and auditors", async () => {
    const path = await makeWorkspaceWithServer("stopped");
    await manage("PATCH", path, { enforcement: true });
    const ada = await makeMember(path, "Ada");
    await manage("PUT", `${path}/members/${await makeMember(path, "Bo")}/suspension`, {});
    await manage("POST", `${path}/members`, { name: "Cy", role: "auditor" });
    const closed = await manage("POST", `${path}/access-preview`, { defaultAccess: "closed" });
    expect(closed.body.members.map(({ memberId }: Json) => memberId)).toEqual([ada]);
  });
});

test("the preview names first who loses the most calls, counts refused attempts apart, and names workspace tokens that may call all tools", async () => {
  const path = await makeWorkspaceWithServer("sorted");
  const [ada, bo] = [await makeMember(path, "Ada"), await makeMember(path, "Bo")];
  const makeToken = async (label: string, memberId?: string) =>
    (await manage("POST", `${path}/tokens`, { label, memberId })).body;
  const token = (await makeToken("b", bo)).token;
  const client = { slug: "sorted", token };
  await callTool(client, "echo");
  await manage("PATCH", path, { enforcement: true, defaultAccess: "closed" });
  await callTool(client, "echo");
  await manage("PATCH", path, { enforcement: false });
  const robot = (await makeToken("robot")).record;
  const ended = (await makeToken("ended")).record;
  await manage("DELETE", `${path}/tokens/${ended.id}`);
  const suspended = (await makeToken("suspended")).record;
  await manage("PUT", `${path}/tokens/${suspended.id}/suspension`, {});
  const narrowed = (await makeToken("narrowed")).record;
  const narrowing = { tools: ["ok:echo"] };
  expect((await manage("PATCH", `${path}/tokens/${narrowed.id}`, narrowing)).status).toBe(200);
  expect(await waitForRows("sorted", 2)).toHaveLength(2);
  const { body } = await manage("POST", `${path}/access-preview`, { enforcement: true });
  expect(body.workspaceTokens).toEqual([{ id: robot.id, label: "robot" }]);
  expect(body.members).toMatchObject([
    {
      memberId: bo,
      lostCount: 2,
      calls: 1,
      refused: 1,
      lost: [{ toolName: "echo", refused: 1 }, {}],
    },
    { memberId: ada, lostCount: 2, calls: 0, refused: 0 },
  ]);
});

test("the names of the tools of all servers are listed, those of a disabled one too", async () => {
  const path = await makeWorkspaceWithServer("tool-names");
  await manage("PATCH", `${path}/servers/ok`, { enabled: false });
  const { items } = (await manage("GET", `${path}/tools`)).body;
  const names = items.map(({ serverSlug, name }: Json) => `${serverSlug}:${name}`);
  expect(names.toSorted()).toEqual(["ok:add", "ok:echo"]);
});

describe("rules of many members", () => {
  test("a bulk rule change applies to all members or none, is one event, and is in force on the next call", async () => {
    const path = await makeWorkspaceWithServer("bulk");
    await manage("PATCH", path, { enforcement: true });
    const [ada, bo] = [await makeMember(path, "Ada", ["ok:echo"]), await makeMember(path, "Bo")];
    const { token } = (await manage("POST", `${path}/tokens`, { label: "x", memberId: ada })).body;
    const client = { slug: "bulk", token };
    expect((await callTool(client, "add")).message.error?.code).toBe(-32003);
    const edit = { memberIds: [ada, bo], add: ["ok:add"], remove: ["ok:echo", "none:x"] };
    const edited = await manage("PATCH", `${path}/rules`, edit);
    expect(edited.body.items.map((member: Json) => member.rules)).toEqual([["ok:add"], ["ok:add"]]);
    expect((await callTool(client, "add")).message.error).toBeUndefined();
    expect((await callTool(client, "echo")).message.error?.code).toBe(-32003);
    const refused = await manage("PATCH", `${path}/rules`, {
      memberIds: [bo, "mem_none"],
      add: ["ok:*"],
    });
    expect(refused.status).toBe(404);
    const { items } = (await manage("GET", `${path}/members`)).body;
    expect(items.map((member: Json) => member.rules)).toEqual([["ok:add"], ["ok:add"]]);
    const events = (await manage("GET", `${path}/audit-events`)).body.items;
    expect(events[0]).toMatchObject({
      action: "member.rules_edited",
      detail: { members: [ada, bo], added: ["ok:add"], removed: ["ok:echo", "none:x"] },
    });
  });

  test("a bulk rule change that exceeds a member's limit is refused", async () => {
    const path = await makeWorkspaceWithServer("too-many");
    const rules = Array.from({ length: 2_000 }, (_, i) => `ok:tool-${i}`);
    const full = await makeMember(path, "Full", rules);
    const response = await manage("PATCH", `${path}/rules`, {
      memberIds: [full],
      add: ["ok:more"],
    });
    expect(refusalOf(response)).toMatch(/^400 invalid: Full would have more than 2000 rules/);
  });

  test("rules can be copied from one member to another", async () => {
    const path = await makeWorkspaceWithServer("copied");
    const from = await makeMember(path, "From", ["ok:echo", "ok:add"]);
    const to = await makeMember(path, "To", ["ok:*"]);
    const copied = await manage("POST", `${path}/members/${to}/rules/copy`, { from });
    expect(copied.body.rules).toEqual(["ok:add", "ok:echo"]);
    const url = `${path}/members/${to}/rules/copy`;
    expect((await manage("POST", url, { from: "mem_none" })).status).toBe(404);
  });
});
