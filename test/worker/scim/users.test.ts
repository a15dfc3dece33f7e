import { describe, expect, test } from "vitest";
import { Browser, makeOwner } from "../support/browser.ts";
import { Company } from "../support/company.ts";
import { send } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { ENTERPRISE, errorOf, ScimClient, USER } from "../support/scim-client.ts";

async function openDirectory(slug: string): Promise<ScimClient> {
  await manage("POST", "/workspaces", { slug, name: slug });
  return ScimClient.open(slug);
}

const ADA = {
  userName: "Ada@acme.example",
  externalId: "obj-ada",
  name: { givenName: "Ada", familyName: "Lovelace" },
  emails: [{ value: "ada@acme.example", type: "work", primary: true }],
  active: true,
};

const membersOf = async (slug: string): Promise<Json[]> =>
  (await manage("GET", `/workspaces/${slug}/members`)).body.items;

describe("the SCIM service", () => {
  test("is closed without a valid token of the workspace, and to a revoked one", async () => {
    const directory = await openDirectory("scim-tokens");
    const other = await openDirectory("scim-tokens-other");
    const ask = (headers: Record<string, string>) =>
      send("/scim/v2/scim-tokens/Users", { headers });
    const refused = await ask({});
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await refused.json()).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: "401",
    });
    for (const token of [other.token, `mns_${"0".repeat(48)}`, "x"])
      expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await directory.send("GET", "/Users")).status).toBe(200);
    const { body } = await manage("GET", "/workspaces/scim-tokens");
    const byId = await send(`/scim/v2/${body.id}/Users`, {
      headers: { authorization: `Bearer ${directory.token}` },
    });
    expect(byId.status).toBe(200);
    const second = await ScimClient.open("scim-tokens", "Next");
    await manage("DELETE", `/workspaces/scim-tokens/scim/tokens/${directory.tokenId}`);
    expect(errorOf(await directory.send("GET", "/Users"))).toBe("401");
    expect((await second.send("GET", "/Users")).status).toBe(200);
    const status = (await manage("GET", "/workspaces/scim-tokens/scim")).body;
    expect(JSON.stringify(status)).not.toContain(second.token);
    expect(status.tokens).toMatchObject([
      { label: "Directory", lastFour: directory.token.slice(-4), revokedAt: expect.any(Number) },
      { label: "Next", revokedAt: null, lastUsedAt: expect.any(Number) },
    ]);
  });

  test("says what it supports, and refuses what it does not", async () => {
    const directory = await openDirectory("scim-discovery");
    const { body: config } = await directory.send("GET", "/ServiceProviderConfig");
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
      sort: { supported: false },
      etag: { supported: true },
    });
    const { body: types } = await directory.send("GET", "/ResourceTypes");
    expect(types.Resources.map(({ id, endpoint }: Json) => [id, endpoint])).toEqual([
      ["User", "/Users"],
      ["Group", "/Groups"],
    ]);
    const { body: schema } = await directory.send("GET", `/Schemas/${USER}`);
    const userName = schema.attributes.find(({ name }: Json) => name === "userName");
    expect(userName).toMatchObject({ required: true, uniqueness: "server", caseExact: false });
    expect((await directory.send("GET", "/Schemas")).body.totalResults).toBe(3);
    expect(errorOf(await directory.send("GET", "/ResourceTypes/Robot"))).toBe("404");
    expect(errorOf(await directory.send("POST", "/Bulk", {}))).toBe("501");
    expect(errorOf(await directory.send("GET", "/Me"))).toBe("501");
    expect(errorOf(await directory.send("DELETE", "/Users"))).toBe("405");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(errorOf(await directory.send("POST", "/Users", {}, form))).toBe("415");
    const json = { "content-type": "application/json; charset=utf-8" };
    expect(errorOf(await directory.send("POST", "/Users", [], json))).toBe("400 invalidSyntax");
    const { body } = await manage("GET", "/workspaces/scim-discovery/scim");
    expect(body.tokens[0].lastError).toBe("POST /Users 400 invalidSyntax");
  });
});

describe("a SCIM user", () => {
  test("is a member from its creation to its removal, and the log says what the directory did", async () => {
    const directory = await openDirectory("scim-life");
    const made = await directory.send("POST", "/Users", {
      schemas: [USER, ENTERPRISE],
      ...ADA,
      title: "Countess",
      phoneNumbers: [{ value: "+44 1" }],
      groups: [{ value: "tem_x" }],
      [ENTERPRISE]: { department: "Engines", manager: { value: "m1" } },
    });
    expect(made.status).toBe(201);
    const { id, meta } = made.body;
    expect(made.headers.get("location")).toBe(meta.location);
    expect(made.headers.get("etag")).toBe(meta.version);
    expect(made.body).toEqual({
      schemas: [USER, ENTERPRISE],
      id,
      ...ADA,
      title: "Countess",
      [ENTERPRISE]: { department: "Engines", manager: { value: "m1" } },
      meta: {
        resourceType: "User",
        created: expect.stringMatching(/^\d{4}-.*Z$/),
        lastModified: meta.created,
        location: `https://gateway.test/scim/v2/scim-life/Users/${id}`,
        version: 'W/"1"',
      },
    });
    expect(await membersOf("scim-life")).toMatchObject([
      { id, name: "Ada Lovelace", email: "ada@acme.example", role: "member", userId: null },
    ]);
    const replaced = await directory.send("PUT", `/Users/${id}`, {
      schemas: [USER],
      userName: "ada@acme.example",
      displayName: "Ada L.",
    });
    expect(replaced.body).toMatchObject({ displayName: "Ada L.", active: true });
    expect(replaced.body.emails).toBeUndefined();
    expect(await membersOf("scim-life")).toMatchObject([{ name: "Ada L.", email: null }]);
    expect((await directory.send("DELETE", `/Users/${id}`)).status).toBe(204);
    expect(await membersOf("scim-life")).toEqual([]);
    expect(errorOf(await directory.send("GET", `/Users/${id}`))).toBe("404");
    expect(errorOf(await directory.send("DELETE", `/Users/${id}`))).toBe("404");
    const { body } = await manage("GET", "/workspaces/scim-life/audit-events");
    expect(body.items.map(({ summary }: Json) => summary)).toEqual([
      "Directory removed Ada L.",
      "Directory changed Ada L. as the directory says: the name is “Ada L.” (was Ada Lovelace), the e-mail address is removed (was ada@acme.example), the user name is “ada@acme.example” (was Ada@acme.example) and the id in the directory is removed (was obj-ada)",
      "Directory added Ada Lovelace as member, as the directory says",
      expect.stringContaining("created the SCIM token “Directory”"),
      expect.any(String),
    ]);
  });

  test("has another user name and external id than all others, without regard to the case of the name", async () => {
    const directory = await openDirectory("scim-unique");
    const { id } = await directory.createUser(ADA);
    const post = (user: object) => directory.send("POST", "/Users", { schemas: [USER], ...user });
    expect(errorOf(await post({ userName: "ADA@ACME.EXAMPLE" }))).toBe("409 uniqueness");
    expect(errorOf(await post({ userName: "b", externalId: "obj-ada" }))).toBe("409 uniqueness");
    const { id: other } = await directory.createUser({ userName: "ben" });
    const taken = { op: "replace", path: "userName", value: "aDa@acme.example" };
    expect(errorOf(await directory.patch(`/Users/${other}`, [taken]))).toBe("409 uniqueness");
    expect(errorOf(await post({ displayName: "No name" }))).toBe("400 invalidValue");
    expect(errorOf(await post({ userName: "c", active: "perhaps" }))).toBe("400 invalidValue");
    expect(errorOf(await post({ userName: "c", displayName: "a\u202Eb" }))).toBe(
      "400 invalidValue",
    );
    const own = { op: "replace", path: "userName", value: "ada@acme.example" };
    expect((await directory.patch(`/Users/${id}`, [own])).body.userName).toBe("ada@acme.example");
  });

  test("is changed only as the version that the directory has read, and a change of nothing makes no version", async () => {
    const directory = await openDirectory("scim-etag");
    const { id, meta } = await directory.createUser(ADA);
    const path = `/Users/${id}`;
    const read = await directory.send("GET", path, undefined, { "if-none-match": meta.version });
    expect([read.status, read.headers.get("etag")]).toEqual([304, meta.version]);
    const title = (value: string) => [{ op: "replace", path: "title", value }];
    const first = await directory.patch(path, title("One"), { "if-match": meta.version });
    expect(first.headers.get("etag")).toBe('W/"2"');
    const late = await directory.patch(path, title("Two"), { "if-match": meta.version });
    expect(errorOf(late)).toBe("412");
    expect((await directory.patch(path, title("One"))).headers.get("etag")).toBe('W/"2"');
    expect(errorOf(await directory.send("DELETE", path, undefined, { "if-match": '"1"' }))).toBe(
      "412",
    );
    expect((await directory.patch(path, title("Any"), { "if-match": "*" })).status).toBe(200);
  });

  test("keeps every one of many changes at once without If-Match, and one of them with it", async () => {
    const directory = await openDirectory("scim-race");
    const { id, meta } = await directory.createUser(ADA);
    const fields = ["title", "nickName", "locale", "timezone", "userType"];
    const patch = (path: string, headers = {}) =>
      directory.patch(`/Users/${id}`, [{ op: "add", path, value: path }], headers);
    const with1 = await Promise.all(
      fields.map((path) => patch(path, { "if-match": meta.version })),
    );
    expect(with1.map(({ status }) => String(status)).toSorted()).toEqual([
      "200",
      "412",
      "412",
      "412",
      "412",
    ]);
    const all = await Promise.all(fields.map((path) => patch(path)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const { body } = await directory.send("GET", `/Users/${id}`);
    expect(body).toMatchObject(Object.fromEntries(fields.map((path) => [path, path])));
  });

  test("has the name and address of the directory, and people cannot change them", async () => {
    const directory = await openDirectory("scim-owned");
    const { id } = await directory.createUser(ADA);
    const path = `/workspaces/scim-owned/members/${id}`;
    const renamed = await manage("PATCH", path, { name: "Eve" });
    expect(refusalOf(renamed)).toContain("409 conflict: The company's directory says the name");
    expect((await manage("PATCH", path, { role: "admin" })).body.role).toBe("admin");
    await directory.patch(`/Users/${id}`, [{ op: "replace", path: "active", value: false }]);
    const lifted = await manage("DELETE", `${path}/suspension`);
    expect(refusalOf(lifted)).toContain("has deactivated this person");
    const { body } = await manage("GET", "/workspaces/scim-owned/scim/members");
    expect(body.items).toMatchObject([
      { memberId: id, userName: ADA.userName, externalId: "obj-ada", active: false },
    ]);
  });
});

describe("a person of the directory who signs in by the company", () => {
  const settings = { scimClaim: "oid" };
  const claims = { sub: "pairwise-1", oid: "obj-ada", name: "Someone", email: "x@y.example" };

  test("is the member that the directory has made, from then on by issuer and subject", async () => {
    const company = await Company.open("scim-sign-in", await makeOwner("scim-sign-in"), settings);
    const directory = await ScimClient.open("scim-sign-in");
    const { id } = await directory.createUser(ADA);
    const browser = await Browser.open();
    expect((await company.signIn(browser, claims)).to).toBe("/w/scim-sign-in");
    expect((await browser.send("GET", "/workspaces/scim-sign-in/me")).body.id).toBe(id);
    const again = await Browser.open();
    await company.signIn(again, { ...claims, oid: "changed" });
    expect(again.userId).toBe(browser.userId);
    const thief = await Browser.open();
    const refused = await company.signIn(thief, { ...claims, sub: "pairwise-2" });
    expect(refused.to).toContain("problem=other_member");
  });

  test("is not found by an address, and not while it is not active", async () => {
    const company = await Company.open("scim-no-mail", await makeOwner("scim-no-mail"), settings);
    const directory = await ScimClient.open("scim-no-mail");
    const { id } = await directory.createUser(ADA);
    const mail = { sub: "s1", oid: "other", email: "ada@acme.example", email_verified: true };
    const browser = await Browser.open();
    expect((await company.signIn(browser, mail)).to).toContain("problem=address_taken");
    await directory.patch(`/Users/${id}`, [{ op: "replace", path: "active", value: false }]);
    expect((await company.signIn(browser, claims)).to).toContain("problem=suspended");
    const changing = await company.owner.send("PATCH", `${company.path}/${company.id}`, {
      settings: { scimClaim: "email" },
    });
    expect(refusalOf(changing)).toContain("can change or be given to another person");
  });

  test("who was a member before is managed by the directory when the subject is compared", async () => {
    const options = { createsMembers: true, emailDomains: ["acme.example"] };
    const company = await Company.open("scim-adopt", await makeOwner("scim-adopt"), options);
    const browser = await Browser.open();
    const known = { sub: "okta-1", name: "Ada", email: "ada@acme.example", email_verified: true };
    await company.signIn(browser, known);
    const member = (await browser.send("GET", "/workspaces/scim-adopt/me")).body;
    const directory = await ScimClient.open("scim-adopt");
    const user = await directory.createUser({ ...ADA, externalId: "okta-1" });
    expect(user.id).toBe(member.id);
    expect(await membersOf("scim-adopt")).toHaveLength(2);
  });
});
