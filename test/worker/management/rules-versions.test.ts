import { describe, expect, inject, test } from "vitest";
import { callTool } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

/** Creates an open workspace with a server `ok`, which has the tools `echo` and `add`, and members. */
async function makeWorkspace(slug: string, ...names: string[]) {
  const path = `/workspaces/${slug}`;
  await manage("POST", "/workspaces", { slug, name: slug, defaultAccess: "open" });
  await manage("POST", `${path}/servers`, {
    slug: "ok",
    url: `${inject("hostileUrl")}/ok/${slug}`,
  });
  const ids: string[] = [];
  for (const name of names) ids.push((await manage("POST", `${path}/members`, { name })).body.id);
  const read = async (id: string) => (await manage("GET", `${path}/members/${id}`)).body;
  const edit = (body: Json) => manage("PATCH", `${path}/rules`, body);
  return { path, ids, read, edit };
}

describe("the version of a member's rules", () => {
  test("a change that was made against older rules is refused, says what the rules are, and changes nothing", async () => {
    const { path, ids, read, edit } = await makeWorkspace("stale", "Ada", "Bo");
    const [ada = "", bo = ""] = ids;
    const allow = { add: ["ok:echo", "ok:add"], memberIds: [ada] };
    const allowed = await edit({ ...allow, rulesVersions: { [ada]: 0 } });
    expect(allowed.body.items[0]).toMatchObject({ rules: ["ok:add", "ok:echo"], rulesVersion: 1 });
    await edit({ memberIds: [ada], remove: ["ok:add"], rulesVersions: { [ada]: 1 } });
    const message =
      "409 conflict: The rules of Ada have changed since version 1. Version 2 has: ok:echo. Nothing was changed; read the rules and send the change with the version that you have read.";
    const both = { memberIds: [bo, ada], rulesVersions: { [ada]: 1, [bo]: 0 } };
    expect(refusalOf(await edit({ ...both, add: ["ok:add"] }))).toBe(message);
    expect(refusalOf(await edit({ ...both, remove: ["ok:echo"] }))).toBe(message);
    const rules = ["ok:add", "ok:echo"];
    const put = { rules, rulesVersion: 1 };
    expect(refusalOf(await manage("PUT", `${path}/members/${ada}/rules`, put))).toBe(message);
    const copy = `${path}/members/${bo}/rules/copy`;
    const stale = { from: ada, rulesVersion: 0, fromRulesVersion: 1 };
    expect(refusalOf(await manage("POST", copy, stale))).toBe(message);
    expect(await read(ada)).toMatchObject({ rules: ["ok:echo"], rulesVersion: 2 });
    expect(await read(bo)).toMatchObject({ rules: [], isRestricted: false, rulesVersion: 0 });
    const fresh = await manage("POST", copy, { ...stale, fromRulesVersion: 2 });
    expect(fresh.body).toMatchObject({ rules: ["ok:echo"], isRestricted: true, rulesVersion: 1 });
  });

  test("a change without a version applies to whatever the rules are", async () => {
    const { ids, path, edit, read } = await makeWorkspace("unversioned", "Ada");
    const [ada = ""] = ids;
    await edit({ memberIds: [ada], add: ["ok:echo"] });
    await edit({ memberIds: [ada], add: ["ok:add"] });
    expect(await read(ada)).toMatchObject({ rules: ["ok:add", "ok:echo"], rulesVersion: 2 });
    const put = await manage("PUT", `${path}/members/${ada}/rules`, { rules: [] });
    expect(put.body).toMatchObject({ rules: [], isRestricted: true, rulesVersion: 3 });
  });

  test("what changes nothing keeps the version and is no event; other changes of the member keep it too", async () => {
    const { ids, path, edit, read } = await makeWorkspace("same", "Ada");
    const [ada = ""] = ids;
    await edit({ memberIds: [ada], add: ["ok:echo"] });
    const listEvents = async () => (await manage("GET", `${path}/audit-events`)).body.items;
    const before = await listEvents();
    await edit({ memberIds: [ada], add: ["ok:echo"], remove: ["ok:none"] });
    await manage("PUT", `${path}/members/${ada}/rules`, { rules: ["ok:echo"] });
    expect(await listEvents()).toEqual(before);
    await manage("PATCH", `${path}/members/${ada}`, { name: "Ada L." });
    expect(await read(ada)).toMatchObject({ name: "Ada L.", rulesVersion: 1 });
  });

  test("the removal of a server changes the rules that name it, in the object as in D1", async () => {
    const { ids, path, edit, read } = await makeWorkspace("gone", "Ada", "Bo");
    const [ada = "", bo = ""] = ids;
    await edit({ memberIds: [ada], add: ["ok:echo"] });
    await manage("DELETE", `${path}/servers/ok`);
    expect(await read(ada)).toMatchObject({ rules: [], isRestricted: true, rulesVersion: 2 });
    expect(await read(bo)).toMatchObject({ rulesVersion: 0 });
    await manage("POST", `${path}/servers`, {
      slug: "ok",
      url: `${inject("hostileUrl")}/ok/again`,
    });
    const stale = { memberIds: [ada], add: ["ok:echo"], rulesVersions: { [ada]: 1 } };
    expect(refusalOf(await edit(stale))).toMatch(/^409 conflict: .* Version 2 has: none\./);
    const fresh = await edit({ ...stale, rulesVersions: { [ada]: 2 } });
    expect(fresh.body.items[0].rulesVersion).toBe(3);
  });
});

test("an edit of rules restricts a member without a rule, and gives the default access back", async () => {
  const { ids, path, edit, read } = await makeWorkspace("rules-back", "Ada");
  const [ada = ""] = ids;
  const made = await manage("POST", `${path}/tokens`, { label: "x", memberId: ada });
  const client = { slug: "rules-back", token: made.body.token };
  const codeOf = async () => (await callTool(client, "echo")).message.error?.code;
  expect(await codeOf()).toBeUndefined();
  await edit({ memberIds: [ada], isRestricted: true });
  expect(await codeOf()).toBe(-32003);
  await edit({ memberIds: [ada], add: ["ok:add"] });
  const early = await edit({ memberIds: [ada], isRestricted: false });
  expect(refusalOf(early)).toMatch(/^400 invalid: isRestricted: /);
  await edit({ memberIds: [ada], remove: ["ok:add"], isRestricted: false });
  expect(await read(ada)).toMatchObject({ rules: [], isRestricted: false, rulesVersion: 3 });
  expect(await codeOf()).toBeUndefined();
});
