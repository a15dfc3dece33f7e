import { SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { describe, expect, test } from "vitest";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { CLIENT_ID, comeBack, Company } from "../support/company.ts";
import { change } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";

const EVERYONE = { createsMembers: true, emailDomains: ["acme.example"] };
const ADA = { sub: "ada", name: "Ada", email: "ada@acme.example", email_verified: true };

async function openCompany(slug: string, settings: object = EVERYONE): Promise<Company> {
  return Company.open(slug, await makeOwner(slug), settings);
}

async function readSentences(slug: string): Promise<string[]> {
  const { body } = await manage("GET", `/workspaces/${slug}/audit-events`);
  return body.items.map(({ summary }: { summary: string }) => summary);
}

async function readRole(browser: Browser): Promise<string> {
  return (await browser.send("GET", "/me")).body.memberships[0]?.role;
}

describe("a company’s sign-in", () => {
  test("makes an unknown person a member once, in a session that reaches this workspace only", async () => {
    const company = await openCompany("co-new");
    const browser = await Browser.open();
    expect((await company.signIn(browser, ADA)).to).toBe("/w/co-new");
    const me = await browser.send("GET", "/me");
    expect(me.body).toMatchObject({
      user: { name: "Ada", email: null },
      session: { method: "company", limitedTo: "co-new", steppedUpUntil: null },
      canCreateWorkspaces: false,
      memberships: [{ role: "member", workspace: { slug: "co-new" } }],
    });
    // The address and name have changed at the provider: it is the same member.
    const again = { ...ADA, name: "Ada L.", email: "ada.l@acme.example" };
    const second = await Browser.open();
    await company.signIn(second, again);
    expect(second.userId).toBe(browser.userId);
    const { body } = await manage("GET", "/workspaces/co-new/members");
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(["Olga", "Ada"]);
    expect(await readSentences("co-new")).toContain(
      "Ada joined as member (subject ada, ada@acme.example)",
    );
  });

  test("leaves nothing that outlives its session, and reaches no other workspace of the person", async () => {
    const company = await openCompany("co-limit");
    const { browser: person } = await makeJoinedUser("co-limit", "admin", "Ben");
    await makeOwner("co-other");
    const invited = await manage("POST", "/workspaces/co-other/invitations", { name: "Ben" });
    await person.send("POST", "/me/invitations", { secret: invited.body.url.split("#")[1] });
    const bound = await company.finish(
      person,
      "/me/company",
      { workspace: "co-limit" },
      { ...ADA, sub: "ben", email: "ben@acme.example" },
    );
    expect(bound.to).toBe("/account?bound=true");
    const browser = await Browser.open();
    await company.signIn(browser, { ...ADA, sub: "ben", email: "ben@acme.example" });
    expect(browser.userId).toBe(person.userId);
    expect((await browser.send("GET", "/workspaces/co-limit")).status).toBe(200);
    expect((await browser.send("GET", "/workspaces/co-other")).status).toBe(404);
    const listed = await browser.send("GET", "/workspaces");
    expect(listed.body.items.map(({ slug }: { slug: string }) => slug)).toEqual(["co-limit"]);
    const refused: [string, string, object][] = [
      ["POST", "/me/passkeys/options", {}],
      ["POST", "/me/recovery-codes", {}],
      ["POST", "/me/step-up/options", {}],
      ["PATCH", "/me", { name: "Benjamin" }],
      ["POST", "/me/invitations", { secret: "x" }],
      ["POST", "/workspaces", { slug: "co-made", name: "Made" }],
      ["DELETE", "/me/sessions", {}],
    ];
    for (const [method, path, body] of refused)
      expect([path, (await browser.send(method, path, body)).status]).toEqual([path, 403]);
  });

  test("is refused with a token that is not the provider’s for this sign-in", async () => {
    const company = await openCompany("co-tokens");
    const { issuer } = company;
    const other = await Company.openIssuer("company-co-tokens-other");
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: issuer.url, aud: CLIENT_ID, ...ADA };
    const secret = new TextEncoder().encode("provider-secret-value");
    const unsigned = (nonce: string) =>
      new UnsecuredJWT({ ...claims, nonce }).setIssuedAt().setExpirationTime("5m").encode();
    const symmetric = (nonce: string) =>
      new SignJWT({ ...claims, nonce })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(secret);
    const foreign = (nonce: string) => other.sign({ ...claims, nonce });
    const bad: [string, object, object?][] = [
      ["nonce", { nonce: "another" }],
      ["aud", { aud: "another" }],
      ["azp", { azp: "another" }],
      ["aud of two without azp", { aud: [CLIENT_ID, "another"] }],
      ["iss", { iss: other.url }],
      ["exp", { exp: now - 600 }],
      ["iat", { iat: undefined }],
      ["sub", { sub: "" }],
      ["alg none", {}, { makeIdToken: unsigned }],
      ["HS256", {}, { makeIdToken: symmetric }],
      ["another tenant’s key", {}, { makeIdToken: foreign }],
      ["iss of the response", {}, { parameters: { iss: other.url } }],
      ["an error", {}, { parameters: { error: "access_denied" } }],
    ];
    for (const [what, changed, changes] of bad) {
      const browser = await Browser.open();
      const { to } = await company.signIn(browser, { ...ADA, ...changed }, changes);
      expect([what, to]).toEqual([what, "/sign-in?workspace=co-tokens&problem=provider"]);
      expect(browser.cookie).not.toContain("mng_s");
    }
    await issuer.rotate("k2");
    const browser = await Browser.open();
    expect((await company.signIn(browser, ADA)).to).toBe("/w/co-tokens");
  });

  test("ends only in the browser in which it began, with its state, and once", async () => {
    const company = await openCompany("co-state");
    const browser = await Browser.open();
    const expired = "/sign-in?problem=expired";
    const wrong = await company.signIn(browser, ADA, { parameters: { state: "another" } });
    expect(wrong.to).toBe(expired);
    expect((await company.signIn(browser, ADA, { cookie: "a=b" })).to).toBe(expired);
    const first = await company.signIn(browser, ADA);
    expect(first.to).toBe("/w/co-state");
    const replayed = await Browser.open();
    expect(await comeBack(replayed, first.callback, first.cookie)).toBe(expired);
    expect(replayed.cookie).toBe("");
    const outside = { workspace: "co-state", to: "/\\evil.example" };
    expect((await company.finish(browser, "/auth/company", outside, ADA)).to).toBe("/w/co-state");
  });

  test("knows a person by issuer and subject: another subject with a member’s address is refused", async () => {
    const company = await openCompany("co-address");
    await manage("POST", "/workspaces/co-address/members", { name: "Ada", email: ADA.email });
    const browser = await Browser.open();
    const taken = await company.signIn(browser, { ...ADA, email: "ADA@acme.example" });
    expect(taken.to).toBe("/sign-in?workspace=co-address&problem=address_taken");
    await company.signIn(browser, { ...ADA, sub: "eve", email: "eve@acme.example" });
    const second = await company.signIn(await Browser.open(), {
      ...ADA,
      sub: "eve-2",
      email: "eve@acme.example",
    });
    expect(second.to).toContain("problem=address_taken");
    const stranger = { ...ADA, sub: "mal", email: "mal@evil.example" };
    const unverified = { ...ADA, sub: "una", email: "una@acme.example", email_verified: false };
    for (const claims of [stranger, unverified])
      expect((await company.signIn(await Browser.open(), claims)).to).toContain("problem=claims");
    await company.patch({ settings: { ...EVERYONE, createsMembers: false } });
    const fresh = { ...ADA, sub: "new", email: "new@acme.example" };
    expect((await company.signIn(await Browser.open(), fresh)).to).toContain("problem=unknown");
    const sentences = (await readSentences("co-address")).join("\n");
    expect(sentences).toContain("a member has its address, and another identity (subject ada");
    expect(sentences).toContain("the identity is no member’s (subject new, new@acme.example)");
  });

  test("accepts an invitation, and binds the identity to the invited member", async () => {
    const company = await openCompany("co-join", {});
    const { body } = await manage("POST", "/workspaces/co-join/invitations", { name: "Ada" });
    const link = { secret: body.url.split("#")[1], name: "Ada" };
    const browser = await Browser.open();
    const asked = { workspace: "co-join", link };
    const joined = await company.finish(browser, "/auth/company", asked, ADA);
    expect(joined.to).toBe("/w/co-join/connect?welcome=true");
    const other = await Browser.open();
    expect((await company.signIn(other, ADA)).to).toBe("/w/co-join");
    expect(other.userId).toBe(browser.userId);
    const members = await manage("GET", "/workspaces/co-join/members");
    expect(members.body.items).toHaveLength(2);
    const used = await company.finish(other, "/auth/company", asked, { ...ADA, sub: "b" });
    expect(used.to).toContain("problem=link");
  });

  test("sets roles by groups at each sign-in, and never ends the last owner", async () => {
    const mappings = [
      { group: "it", teamId: null, role: "admin" },
      { group: "board", teamId: null, role: "owner" },
    ];
    const company = await openCompany("co-groups", {
      ...EVERYONE,
      groupsClaim: "groups",
      mappings,
    });
    const browser = await Browser.open();
    await company.signIn(browser, { ...ADA, groups: ["all", "it"] });
    expect(await readRole(browser)).toBe("admin");
    await company.signIn(browser, { ...ADA, groups: ["all"] });
    expect(await readRole(browser)).toBe("member");
    const { owner } = company;
    const olga = { ...ADA, sub: "olga", email: "olga@acme.example" };
    await company.finish(owner, "/me/company", { workspace: "co-groups" }, olga);
    const last = await Browser.open();
    await company.signIn(last, { ...olga, groups: [] });
    expect(last.userId).toBe(owner.userId);
    expect(await readRole(last)).toBe("owner");
    await company.signIn(browser, { ...ADA, groups: ["board", "it"] });
    expect(await readRole(browser)).toBe("owner");
    await company.signIn(last, { ...olga, groups: [] });
    expect(await readRole(last)).toBe("member");
    const overage = { ...ADA, _claim_names: { groups: "src1" } };
    expect((await company.signIn(browser, overage)).to).toContain("problem=groups_overage");
  });

  test("puts a person into the teams of its groups at each sign-in, which people then do not change", async () => {
    const owner = await makeOwner("co-teams");
    const path = "/workspaces/co-teams/teams";
    const { body: it } = await manage("POST", path, { name: "IT" });
    const { body: ops } = await manage("POST", path, { name: "Ops" });
    const mappings = [
      { group: "it", teamId: it.id, role: null },
      { group: "ops", teamId: ops.id, role: null },
    ];
    const settings = { ...EVERYONE, groupsClaim: "groups", mappings };
    const company = await Company.open("co-teams", owner, settings);
    const readTeams = async () => {
      const { body } = await manage("GET", path);
      const filled = body.items.filter(({ memberIds }: { memberIds: string[] }) => memberIds[0]);
      return filled.map(({ name, managedBy }: Record<string, string>) => `${name}: ${managedBy}`);
    };
    const browser = await Browser.open();
    await company.signIn(browser, { ...ADA, groups: ["it", "ops"] });
    expect(await readTeams()).toEqual(["IT: directory", "Ops: directory"]);
    await company.signIn(browser, { ...ADA, groups: ["ops"] });
    expect(await readTeams()).toEqual(["Ops: directory"]);
    await company.patch({ settings: { ...settings, mappings: mappings.slice(0, 1) } });
    expect(await readTeams()).toEqual(["Ops: people"]);
    // Nothing of a refused change is kept: Ops is still a team of people.
    const unknown = [...mappings, { group: "x", teamId: "tem_unknown", role: null }];
    const refused = await owner.send("PATCH", `${company.path}/${company.id}`, {
      settings: { ...settings, mappings: unknown },
    });
    expect(refused.status).toBe(404);
    expect(await readTeams()).toEqual(["Ops: people"]);
  });

  test("leaves people in the directory's teams that no group maps, and lets people take out members that the directory does not know", async () => {
    const owner = await makeOwner("co-unmapped");
    const path = "/workspaces/co-unmapped";
    const { body: it } = await manage("POST", `${path}/teams`, { name: "IT" });
    const { body: provisioned } = await manage("POST", `${path}/teams`, { name: "Provisioned" });
    const settings = {
      ...EVERYONE,
      groupsClaim: "groups",
      mappings: [{ group: "it", teamId: it.id, role: null }],
    };
    const company = await Company.open("co-unmapped", owner, settings);
    const browser = await Browser.open();
    await company.signIn(browser, { ...ADA, groups: ["it"] });
    const memberId = (await browser.send("GET", "/me")).body.memberships[0].memberId;
    const ownerId = (await owner.send("GET", "/me")).body.memberships[0].memberId;
    await manage("PATCH", `${path}/teams/${provisioned.id}/members`, { add: [memberId, ownerId] });
    const handOver = { toDirectory: [provisioned.id], toPeople: [] };
    await change("co-unmapped", { type: "teams.hand-over", ...handOver });
    await company.signIn(browser, { ...ADA, groups: [] });
    const readMembers = async (id: string) =>
      (await manage("GET", `${path}/teams/${id}`)).body.memberIds;
    expect(await readMembers(it.id)).toEqual([]);
    expect(await readMembers(provisioned.id)).toHaveLength(2);
    const edit = (body: object) => manage("PATCH", `${path}/teams/${provisioned.id}/members`, body);
    expect((await edit({ remove: [ownerId] })).status).toBe(200);
    expect(await readMembers(provisioned.id)).toEqual([memberId]);
    expect((await edit({ add: [ownerId] })).status).toBe(409);
  });

  test("begins sessions that end with the member, the issuer and a change of it", async () => {
    const company = await openCompany("co-ends");
    const browser = await Browser.open();
    const statusOf = async () => (await browser.send("GET", "/me")).status;
    await company.signIn(browser, ADA);
    const { memberships } = (await browser.send("GET", "/me")).body;
    const suspension = `/workspaces/co-ends/members/${memberships[0].memberId}/suspension`;
    await manage("PUT", suspension, {});
    expect(await statusOf()).toBe(401);
    expect((await company.signIn(browser, ADA)).to).toContain("problem=suspended");
    await manage("DELETE", suspension);
    await company.signIn(browser, ADA);
    expect(await statusOf()).toBe(200);
    await company.patch({ name: "Acme SSO" });
    expect(await statusOf()).toBe(401);
    await company.signIn(browser, ADA);
    expect(await statusOf()).toBe(200);
    await company.owner.send("DELETE", `${company.path}/${company.id}`);
    expect(await statusOf()).toBe(401);
    const gone = await browser.send("POST", "/auth/company", { workspace: "co-ends" });
    const unknown = await browser.send("POST", "/auth/company", { workspace: "co-nowhere" });
    expect(refusalOf(gone)).toBe(refusalOf(unknown));
  });

  test("confirms sensitive actions by a fresh sign-in of the same person", async () => {
    const company = await openCompany("co-step", {
      ...EVERYONE,
      groupsClaim: "groups",
      mappings: [{ group: "board", teamId: null, role: "owner" }],
    });
    const browser = await Browser.open();
    const boss = { ...ADA, groups: ["board"] };
    await company.signIn(browser, boss);
    const invite = () =>
      browser.send("POST", "/workspaces/co-step/invitations", { name: "C", role: "admin" });
    expect((await invite()).body.error.code).toBe("step_up_required");
    const stepUp = (claims: JWTPayload) =>
      company.finish(browser, "/me/company/step-up", { to: "/w/co-step/people?a=1" }, claims);
    const now = Math.floor(Date.now() / 1_000);
    expect((await stepUp(boss)).to).toContain("problem=provider");
    expect((await stepUp({ ...boss, auth_time: now - 120 })).to).toContain("problem=provider");
    const other = { ...boss, sub: "other", auth_time: now };
    expect((await stepUp(other)).to).toBe("/account?problem=step_up");
    expect((await stepUp({ ...boss, auth_time: now })).to).toBe("/w/co-step/people?a=1");
    expect((await invite()).status).toBe(201);
  });
});

describe("the set-up of a company’s sign-in", () => {
  test("is the owners’, needs a step-up’s session, and keeps the client secret", async () => {
    const company = await openCompany("co-setup", {});
    const { owner, path, issuer } = company;
    const { browser: admin } = await makeJoinedUser("co-setup", "admin");
    expect((await admin.send("GET", path)).status).toBe(403);
    const listed = await owner.send("GET", path);
    expect(listed.body.items).toMatchObject([
      { name: "Acme", issuer: issuer.url, hasClientSecret: true, isEnabled: true },
    ]);
    expect(listed.text).not.toContain("provider-secret-value");
    const unbounded = { settings: { createsMembers: true } };
    const refused = await owner.send("PATCH", `${path}/${company.id}`, unbounded);
    expect(refusalOf(refused)).toContain("settings.createsMembers");
    const second = { name: "B", issuer: issuer.url, clientId: "x" };
    expect((await owner.send("POST", path, second)).status).toBe(409);
    const { owner: other } = { owner: await makeOwner("co-shared") };
    for (const tenant of ["common", "organizations", "consumers"]) {
      const shared = `https://login.microsoftonline.com/${tenant}/v2.0`;
      const answer = await other.send("POST", "/workspaces/co-shared/identity-issuers", {
        ...second,
        issuer: shared,
      });
      expect(refusalOf(answer)).toContain("Enter the issuer of your own tenant");
    }
    const slash = await other.send("POST", "/workspaces/co-shared/identity-issuers", {
      ...second,
      issuer: `${issuer.url}/`,
    });
    expect(refusalOf(slash)).toContain(`is of the issuer ${issuer.url}: enter that address`);
  });

  test("shows an owner in a test what the provider says, and signs no one in", async () => {
    const company = await openCompany("co-test", { groupsClaim: "groups" });
    const { owner, path, id } = company;
    await company.patch({ isEnabled: false });
    const claims = { ...ADA, groups: ["it"] };
    const tested = await company.finish(owner, `${path}/${id}/test`, {}, claims);
    expect(tested.to).toBe("/w/co-test/settings/company-sign-in");
    const { body } = await owner.send("GET", `${path}/${id}/test`);
    expect(body.test).toMatchObject({ groups: ["it"] });
    expect(body.test.problem).toContain("new members are not created");
    expect(body.test.claims).toContainEqual({ name: "email", value: ADA.email });
    expect(JSON.stringify(body.test)).not.toContain("nonce");
    const broken = await company.finish(owner, `${path}/${id}/test`, {}, { ...claims, aud: "x" });
    expect(broken.to).toBe("/w/co-test/settings/company-sign-in");
    const after = await owner.send("GET", `${path}/${id}/test`);
    expect(after.body.test.problem).toContain("aud");
    expect((await owner.send("GET", "/me")).body.session.method).toBe("passkey");
  });
});
