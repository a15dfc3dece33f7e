import { describe, expect, test } from "vitest";
import { makeJoinedUser } from "../support/browser.ts";
import { callTool, rpc, type Client } from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const CLASSES = {
  read: { readOnlyHint: true },
  add: { destructiveHint: false },
  drop: {},
};

interface Stage {
  path: string;
  memberId: string;
  client: Client;
  names: () => Promise<string[]>;
}

/** A workspace with the servers `one` and `two`, each with a tool of each class, and a member with a token. */
async function openStage(slug: string, defaultAccess = "open"): Promise<Stage> {
  const path = `/workspaces/${slug}`;
  await manage("POST", "/workspaces", { slug, name: slug, defaultAccess });
  const tools = Object.entries(CLASSES).map(([name, annotations]) => ({ name, annotations }));
  for (const server of ["one", "two"]) {
    const url = await setLists(`${slug}-${server}`, { tools });
    await manage("POST", `${path}/servers`, { slug: server, url, prefix: server });
  }
  const { memberId } = await makeJoinedUser(slug, "member");
  const { body } = await manage("POST", `${path}/tokens`, { label: "team", memberId });
  const client = { slug, token: body.token };
  const names = async () =>
    (await rpc(client, "tools/list")).message.result.tools.map(({ name }: Json) => name);
  return { path, memberId, client, names };
}

async function makeTeam(path: string, name: string, memberIds: string[], rules: string[]) {
  const { body } = await manage("POST", `${path}/teams`, { name, memberIds });
  await manage("PUT", `${path}/teams/${body.id}/rules`, { rules });
  return `${path}/teams/${body.id}`;
}

describe("teams", () => {
  test("give their members what one of them allows, without what one of them denies, on the next call", async () => {
    const { path, memberId, client, names } = await openStage("teams-union", "closed");
    expect(await names()).toEqual([]);
    await makeTeam(path, "Readers", [memberId], ["one:*", "two:*[read-only]"]);
    expect(await names()).toEqual(["one_read", "one_add", "one_drop", "two_read"]);
    const careful = await makeTeam(path, "Careful", [memberId], ["!one:*[destructive]"]);
    expect(await names()).toEqual(["one_read", "one_add", "two_read"]);
    const { message } = await callTool(client, "one_drop");
    expect(message.error).toMatchObject({ data: { reason: "tool_not_allowed" } });
    await manage("PATCH", `${careful}/members`, { remove: [memberId] });
    expect((await callTool(client, "one_drop")).message.error).toBeUndefined();
  });

  test("leave who leaves them without the default access of an open workspace", async () => {
    const { path, memberId, names } = await openStage("teams-leave");
    expect((await names()).length).toBe(6);
    const team = await makeTeam(path, "Narrow", [memberId], ["one:read"]);
    expect(await names()).toEqual(["one_read"]);
    await manage("DELETE", team);
    expect(await names()).toEqual([]);
    const { body } = await manage("GET", `${path}/members/${memberId}/rules`);
    expect(body).toMatchObject({ rules: [], isRestricted: true });
  });

  test("lose the rules of a server that is removed, and a new server of its slug starts with none", async () => {
    const { path, memberId, names } = await openStage("teams-slug", "closed");
    const team = await makeTeam(path, "Readers", [memberId], ["one:*", "two:read"]);
    await manage("DELETE", `${path}/servers/one`);
    const url = await setLists("teams-slug-again", { tools: ["read"] });
    await manage("POST", `${path}/servers`, { slug: "one", url, prefix: "one" });
    expect(await names()).toEqual(["two_read"]);
    expect((await manage("GET", team)).body).toMatchObject({ rules: ["two:read"] });
  });

  test("have a name each, members of the workspace only, and lose a member who is removed", async () => {
    const { path, memberId } = await openStage("teams-names", "closed");
    const team = await makeTeam(path, "Support", [memberId], []);
    expect(refusalOf(await manage("POST", `${path}/teams`, { name: "SUPPORT" }))).toContain(
      "there is a team",
    );
    expect(refusalOf(await manage("PATCH", `${team}/members`, { add: ["mem_nobody"] }))).toContain(
      "There is no member",
    );
    await manage("DELETE", `${path}/members/${memberId}`);
    expect((await manage("GET", team)).body).toMatchObject({ memberIds: [] });
  });

  test("are part of versions: a return gives their rules and members back, and the plan says who gains", async () => {
    const { path, memberId, names } = await openStage("teams-return", "closed");
    const team = await makeTeam(path, "Readers", [memberId], ["one:read", "!two:*"]);
    const { body: versions } = await manage("GET", `${path}/versions`);
    const { number } = versions.items[0];
    await manage("DELETE", team);
    expect(await names()).toEqual([]);
    await manage("POST", `${path}/versions/${number}/restore`, { dryRun: false });
    expect(await names()).toEqual(["one_read"]);
    const { body } = await manage("GET", `${path}/teams`);
    expect(body.items).toMatchObject([
      { name: "Readers", rules: ["!two:*", "one:read"], memberIds: [memberId] },
    ]);
  });

  test("and people can have rules edited together, with an end, and copied between them", async () => {
    const { path, memberId, names } = await openStage("teams-edit", "closed");
    const team = await makeTeam(path, "Editors", [], []);
    const teamId = team.split("/").at(-1);
    const endsAt = Date.now() + 3_600_000;
    const edit = { memberIds: [memberId], teamIds: [teamId], add: ["one:read"], endsAt };
    const { body } = await manage("PATCH", `${path}/rules`, edit);
    expect([body.items[0], body.teams[0]]).toMatchObject([
      { rules: ["one:read"], terms: { "one:read": { endsAt, by: "operator" } } },
      { rules: ["one:read"], terms: { "one:read": { endsAt } } },
    ]);
    await manage("PUT", `${team}/rules`, { rules: ["two:add"] });
    await manage("POST", `${path}/members/${memberId}/rules/copy`, { from: teamId });
    expect(await names()).toEqual(["two_add"]);
    const past = { memberIds: [memberId], add: ["one:add"], endsAt: 1 };
    expect(refusalOf(await manage("PATCH", `${path}/rules`, past))).toContain("in the past");
  });

  test("and people with a denial keep the default access without it, and the log says that an end is lifted", async () => {
    const { path, memberId, names } = await openStage("teams-denial");
    await makeTeam(path, "All", [memberId], ["!one:drop"]);
    expect(await names()).not.toContain("one_drop");
    expect((await names()).length).toBe(5);
    const rules = `${path}/members/${memberId}/rules`;
    const endsAt = Date.now() + 3_600_000;
    await manage("PUT", rules, { rules: ["two:*"], ends: { "two:*": endsAt } });
    await manage("PATCH", `${path}/rules`, { memberIds: [memberId], add: ["two:*", "one:read"] });
    expect((await manage("GET", rules)).body.terms["two:*"]).toMatchObject({ endsAt });
    await manage("PUT", rules, { rules: ["two:*"], ends: { "two:*": null } });
    const { body } = await manage("GET", `${path}/audit-events`);
    expect(body.items[0].summary).toContain("go on without an end");
    const far = { rules: ["two:*"], ends: { "two:*": 9e15 } };
    expect((await manage("PUT", rules, far)).status).toBe(400);
  });

  test("of hundreds of people are emptied in one change, after which the people are restricted", async () => {
    const { path, memberId } = await openStage("teams-large");
    const made: string[] = [];
    for (let n = 0; n < 45; n++) {
      const { body } = await manage("POST", `${path}/members`, { name: `Person ${n}` });
      made.push(body.id);
    }
    const team = await makeTeam(path, "Large", [memberId, ...made], ["one:read"]);
    expect((await manage("PATCH", `${team}/members`, { remove: made })).body.memberIds).toEqual([
      memberId,
    ]);
    const { body } = await manage("GET", `${path}/members`);
    const restricted = body.items.filter(({ isRestricted }: Json) => isRestricted);
    expect(restricted.map(({ id }: Json) => id).toSorted()).toEqual(made.toSorted());
  });

  test("that a document leaves out leave their people restricted, whatever the document says of them", async () => {
    const { path, memberId, names } = await openStage("teams-document");
    await makeTeam(path, "Narrow", [memberId], ["one:read"]);
    const { body } = await manage("GET", `${path}/configuration`);
    const document = { ...body, teams: [] };
    expect((await manage("PUT", `${path}/configuration`, document)).status).toBe(200);
    expect(await names()).toEqual([]);
  });
});
