import { describe, expect, test } from "vitest";
import { makeOwner } from "../support/browser.ts";
import { Company } from "../support/company.ts";
import { callTool, change, makeWorkspace } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { errorOf, GROUP, ScimClient } from "../support/scim-client.ts";

/** A workspace with the server `ok`, and two people of its directory. */
async function openDirectory(slug: string, defaultAccess = "closed") {
  await makeWorkspace(slug);
  await manage("PATCH", `/workspaces/${slug}`, { enforcement: true, defaultAccess });
  const directory = await ScimClient.open(slug);
  const [ada, ben] = [
    await directory.createUser({ userName: "ada" }),
    await directory.createUser({ userName: "ben" }),
  ];
  const teams = async (): Promise<Json[]> =>
    (await manage("GET", `/workspaces/${slug}/teams`)).body.items;
  return { directory, ada: ada.id as string, ben: ben.id as string, teams };
}

const add = (...ids: string[]) => ({
  op: "add",
  path: "members",
  value: ids.map((value) => ({ value })),
});

describe("a SCIM group", () => {
  test("is a team whose rules its members get, from its creation to its removal", async () => {
    const slug = "scim-group-life";
    const { directory, ada, ben, teams } = await openDirectory(slug);
    const { id, meta, ...made } = await directory.createGroup("Ops", [ada], { externalId: "g1" });
    expect(made).toEqual({
      schemas: [GROUP],
      externalId: "g1",
      displayName: "Ops",
      members: [
        { value: ada, type: "User", $ref: `https://gateway.test/scim/v2/${slug}/Users/${ada}` },
      ],
    });
    expect(await teams()).toMatchObject([
      { id, name: "Ops", managedBy: "directory", externalId: "g1", memberIds: [ada] },
    ]);
    await manage("PUT", `/workspaces/${slug}/teams/${id}/rules`, { rules: ["ok:echo"] });
    const { token } = await change(slug, {
      type: "token.create",
      input: { label: "b", memberId: ben },
    });
    const mayCall = async () =>
      (await callTool({ slug, token }, "echo")).message.error === undefined;
    expect(await mayCall()).toBe(false);
    const joined = await directory.patch(`/Groups/${id}`, [add(ben)]);
    expect(joined.body.members.map(({ value }: Json) => value)).toEqual([ada, ben].toSorted());
    expect(joined.headers.get("etag")).not.toBe(meta.version);
    expect(await mayCall()).toBe(true);
    const { body: user } = await directory.send("GET", `/Users/${ben}`);
    expect(user.groups).toEqual([
      { value: id, display: "Ops", $ref: `https://gateway.test/scim/v2/${slug}/Groups/${id}` },
    ]);
    await directory.patch(`/Groups/${id}`, [{ op: "remove", path: `members[value eq "${ben}"]` }]);
    expect(await mayCall()).toBe(false);
    const put = { schemas: [GROUP], displayName: "Operations", members: [{ value: ben }] };
    expect((await directory.send("PUT", `/Groups/${id}`, put)).body.displayName).toBe("Operations");
    expect(await teams()).toMatchObject([
      { name: "Operations", memberIds: [ben], externalId: null },
    ]);
    const { body } = await manage("GET", `/workspaces/${slug}/audit-events`);
    expect(body.items[0].summary).toBe(
      "Directory changed the team “Operations” as the directory says: the name is “Operations” (was Ops), the id in the directory is removed (was g1), put in ben and took out ada",
    );
  });

  test("with rules stays as a team without members when the directory removes it, and comes back under its name", async () => {
    const slug = "scim-group-left";
    const { directory, ada, teams } = await openDirectory(slug, "open");
    const { id } = await directory.createGroup("Ops", [ada]);
    await manage("PUT", `/workspaces/${slug}/teams/${id}/rules`, { rules: ["ok:add"] });
    expect((await directory.send("DELETE", `/Groups/${id}`)).status).toBe(204);
    expect(errorOf(await directory.send("GET", `/Groups/${id}`))).toBe("404");
    expect(await teams()).toMatchObject([
      { id, managedBy: "people", memberIds: [], rules: ["ok:add"] },
    ]);
    const rules = await manage("GET", `/workspaces/${slug}/members/${ada}/rules`);
    expect(rules.body.isRestricted).toBe(true);
    expect((await directory.createGroup("ops", [ada])).id).toBe(id);
    expect(await teams()).toMatchObject([
      { name: "ops", managedBy: "directory", memberIds: [ada], rules: ["ok:add"] },
    ]);
    const { id: bare } = await directory.createGroup("Bare", [ada]);
    await directory.send("DELETE", `/Groups/${bare}`);
    expect((await teams()).map(({ name }) => name)).toEqual(["ops"]);
  });

  test("takes no name or id of another team, no unknown member and no group as a member", async () => {
    const slug = "scim-group-refused";
    const { directory, ada } = await openDirectory(slug);
    await manage("POST", `/workspaces/${slug}/teams`, { name: "People" });
    const { member } = await change(slug, { type: "member.create", input: { name: "Guest" } });
    const { id } = await directory.createGroup("Ops", [], { externalId: "g1" });
    const post = (group: object) =>
      directory.send("POST", "/Groups", { schemas: [GROUP], ...group });
    const refused: [object, string][] = [
      [{ displayName: "PEOPLE" }, "409 uniqueness"],
      [{ displayName: "Other", externalId: "g1" }, "409 uniqueness"],
      [{ displayName: "Other", members: [{ value: "mem_none" }] }, "400 invalidValue"],
      [{ displayName: "Other", members: [{ value: member.id }] }, "400 invalidValue"],
      [{ displayName: "Other", members: [{ value: id, type: "Group" }] }, "400 invalidValue"],
      [{ members: [{ value: ada }] }, "400 invalidValue"],
    ];
    for (const [group, error] of refused)
      expect([group, errorOf(await post(group))]).toEqual([group, error]);
    const path = `/workspaces/${slug}/teams/${id}`;
    expect(refusalOf(await manage("PATCH", path, { name: "Mine" }))).toContain("rename it there");
    const added = await manage("PATCH", `${path}/members`, { add: [ada] });
    expect(refusalOf(added)).toContain("directory decides who is in the team");
    expect((await manage("DELETE", path)).status).toBe(409);
  });

  test("is given by no group of the sign-in, so that one directory decides who is in it", async () => {
    const slug = "scim-group-mapped";
    const company = await Company.open(slug, await makeOwner(slug), {});
    const { id } = await (await ScimClient.open(slug)).createGroup("Ops");
    const mappings = [{ group: "ops", teamId: id, role: null }];
    const mapped = await company.owner.send("PATCH", `${company.path}/${company.id}`, {
      settings: { groupsClaim: "groups", mappings },
    });
    expect(refusalOf(mapped)).toContain(
      "409 conflict: The directory provisions one of these teams",
    );
  });

  test("keeps the members of many changes at once, and one of them with If-Match", async () => {
    const slug = "scim-group-race";
    const { directory, ada, ben } = await openDirectory(slug);
    const ids = [ada, ben];
    for (const userName of ["cy", "di", "ed"])
      ids.push((await directory.createUser({ userName })).id);
    const { id, meta } = await directory.createGroup("All");
    const send = (user: string, headers = {}) =>
      directory.patch(`/Groups/${id}`, [add(user)], headers);
    const checked = await Promise.all(ids.map((user) => send(user, { "if-match": meta.version })));
    expect(checked.map(({ status }) => String(status)).toSorted()).toEqual([
      "200",
      "412",
      "412",
      "412",
      "412",
    ]);
    const all = await Promise.all(ids.map((user) => send(user)));
    expect(all.map(({ status }) => status)).toEqual(ids.map(() => 200));
    const { body } = await directory.send("GET", `/Groups/${id}`);
    expect(body.members.map(({ value }: Json) => value)).toEqual(ids.toSorted());
    // A member who is removed changes the group without the directory.
    const before = body.meta.version;
    await manage("DELETE", `/workspaces/${slug}/members/${ben}`);
    expect(errorOf(await send(ada, { "if-match": before }))).toBe("412");
  });
});
