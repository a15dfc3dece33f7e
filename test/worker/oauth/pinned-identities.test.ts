import { describe, expect, inject, test } from "vitest";
import {
  ASSERTION_TYPE,
  AUTHORIZATION_SERVER,
  makeConfidentialClient,
  makeTrust,
} from "../support/assertion-client.ts";
import { makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings, makeWorkspace } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";
import { Issuer, toResource } from "../support/workload.ts";

type Trust = Awaited<ReturnType<typeof makeTrust>>;

const toClaims = (claim: string, value: string) => [{ claim, values: [value] }];
const reasonOf = async ({ redeem, sign }: Trust, changes: Record<string, unknown> = {}) =>
  (await redeem(await sign(changes))).description;

describe("the person of an assertion", () => {
  test("is found once by the verified address, and then by the subject alone", async () => {
    const trust = await makeTrust("pi-first");
    const { path, adaId, address, issuerPath, access, statusOf } = trust;
    expect(await statusOf(await access({ email: address.toUpperCase() }))).toBe(200);
    const listed = await manage("GET", `${issuerPath}/identities`);
    expect(listed.body.items).toMatchObject([
      { memberId: adaId, memberName: "Ada", subject: "ada-1", email: address },
    ]);
    const bob = { name: "Bob", email: "bob@pi-first.example" };
    const { body } = await manage("POST", `${path}/members`, bob);
    // A changed address changes nothing: neither that of the assertion nor that of the member.
    const changed = await access({ email: bob.email });
    expect(changed).toContain(`.${adaId}:`);
    await manage("PATCH", `${path}/members/${adaId}`, { email: "countess@pi-first.example" });
    for (const email of [address, undefined])
      expect(await access({ email })).toContain(`.${adaId}:`);
    expect(await access({ sub: "bob-1", email: bob.email })).toContain(`.${body.id}:`);
  });

  test("is refused as another account with the address of a member who is pinned, each with an event", async () => {
    const trust = await makeTrust("pi-second");
    const { issuerPath, adaId, access, statusOf, listSentences } = trust;
    const token = await access();
    for (const sub of ["ada-2", "ada-3"])
      expect(await reasonOf(trust, { sub })).toContain("is another account (sub) of the issuer");
    expect((await listSentences())[0]).toMatch(
      /refused an assertion of .*: it has the address of Ada for another account/,
    );
    expect(await statusOf(token)).toBe(200);
    // An owner decides: the new account is hers.
    expect((await manage("DELETE", `${issuerPath}/identities/${adaId}`)).status).toBe(204);
    expect(await statusOf(token)).toBe(401);
    expect(await access({ sub: "ada-2" })).toContain(`.${adaId}:`);
    expect(await reasonOf(trust)).toContain("is another account (sub) of the issuer");
    expect(await listSentences()).toContainEqual(
      expect.stringMatching(/took the company account from Ada \(subject ada-1/),
    );
  });

  test("is not the member whose address only looks the same to Unicode", async () => {
    const trust = await makeTrust("pi-kelvin");
    await manage("POST", `${trust.path}/members`, { name: "K", email: "kim@pi-kelvin.example" });
    const email = "\u212Aim@pi-kelvin.example";
    expect(await reasonOf(trust, { sub: "k", email })).toContain("no member has the address");
    expect(await trust.access({ sub: "k", email: "KIM@pi-kelvin.example" })).toBeTypeOf("string");
  });

  test("is the member to which an owner has pinned the subject, without an address", async () => {
    const trust = await makeTrust("pi-hand", { mapsByEmail: false });
    const { issuerPath, path, adaId, access } = trust;
    const bob = await manage("POST", `${path}/members`, { name: "Bob" });
    const pin = (memberId: string, subject: string) =>
      manage("PUT", `${issuerPath}/identities/${memberId}`, { subject });
    const pinned = await pin(adaId, "ada-9");
    expect(pinned.body).toMatchObject({ memberId: adaId, subject: "ada-9", email: null });
    expect(await access({ sub: "ada-9", email: undefined })).toContain(`.${adaId}:`);
    expect(refusalOf(await pin(adaId, "ada-8"))).toMatch(/^409 .*unpin that one first/);
    expect(refusalOf(await pin(bob.body.id, "ada-9"))).toMatch(/^409 .*unpin that one first/);
    expect(refusalOf(await pin("mem_none", "x"))).toMatch(/^404 /);
    expect((await pin(bob.body.id, "")).status).toBe(400);
    expect(await trust.listSentences()).toContainEqual(
      expect.stringMatching(/connected Ada with a company account \(subject ada-9/),
    );
  });

  test("of an issuer whose assertions are switched off gets no access, and what it gave ends", async () => {
    const trust = await makeTrust("pi-off");
    const { issuerPath, access, statusOf } = trust;
    const token = await access();
    const off = await manage("PATCH", issuerPath, { acceptsAssertions: false });
    expect(off.body.acceptsAssertions).toBe(false);
    expect(await statusOf(token)).toBe(401);
    expect(await reasonOf(trust)).toContain("does not trust the issuer");
    await manage("PATCH", issuerPath, { acceptsAssertions: true });
    expect(await statusOf(await access())).toBe(200);
  });

  test("of two accounts that come first at the same time, one is pinned", async () => {
    const { sign, redeem } = await makeTrust("pi-race");
    const both = await Promise.all(
      ["ada-1", "ada-2"].map(async (sub) => redeem(await sign({ sub }))),
    );
    expect(both.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 400]));
  });

  test("is unknown without an address that the issuer has verified and exactly one member has", async () => {
    const trust = await makeTrust("pi-unknown");
    const { path, issuerPath, address } = trust;
    const refused: [changes: Record<string, unknown>, reason: string][] = [
      [{ email: "eve@pi-unknown.example" }, "no member has the address"],
      [{ email: undefined }, "has no address (email)"],
      [{ email: [address] }, "has no address (email)"],
      [{ email_verified: false }, "(email_verified)"],
      [{ email_verified: undefined }, "(email_verified)"],
      [{ email_verified: 1 }, "(email_verified)"],
    ];
    for (const [changes, reason] of refused)
      expect(await reasonOf(trust, changes)).toContain(reason);
    await manage("PATCH", issuerPath, { mapsByEmail: false });
    expect(await reasonOf(trust)).toContain("an owner can pin it to a member");
    await manage("PATCH", issuerPath, { mapsByEmail: true });
    await manage("POST", `${path}/members`, { name: "Twin", email: address.toUpperCase() });
    expect(await reasonOf(trust)).toContain("two members have or had the address");
    // A claim that some issuers write as text.
    const io = await manage("POST", `${path}/members`, { name: "Io", email: "io@x.example" });
    const token = await trust.access({ sub: "io", email: "io@x.example", email_verified: "true" });
    expect(token).toContain(`.${io.body.id}:`);
  });

  test("is none of another workspace’s issuer, and none of another tenant", async () => {
    const one = await makeTrust("pi-tenant-1");
    const two = await makeTrust("pi-tenant-2");
    const claims = { ...one.claims, client_id: two.id, resource: toResource("pi-tenant-2") };
    const header = { typ: ASSERTION_TYPE };
    const foreign = await one.issuer.sign({ ...claims, email: two.address }, header);
    expect((await two.redeem(foreign)).description).toContain("does not trust the issuer");
    expect(await reasonOf(two, { org: "org_evil" })).toContain("claim org is");
    // An issuer cannot speak for another one that it names.
    const forged = await one.issuer.sign({ ...two.claims, iss: two.issuer.url }, header);
    expect((await two.redeem(forged)).description).toContain("signature is not the issuer's");
  });

  test("of an issuer of several tenants is one of a tenant that the workspace requires", async () => {
    const trust = await makeTrust("pi-tenants");
    expect(await reasonOf(trust, { tenant: "one" })).toContain("must require the claim tenant");
    const requiredClaims = toClaims("tenant", "one");
    expect((await manage("PATCH", trust.issuerPath, { requiredClaims })).status).toBe(200);
    expect(await trust.statusOf(await trust.access({ tenant: "one" }))).toBe(200);
    expect(await reasonOf(trust, { tenant: "two" })).toContain("claim tenant is");
  });

  test("is not known to the company’s sign-in by an address, when the same issuer becomes the provider", async () => {
    const trust = await makeTrust("pi-becomes");
    await trust.access();
    const { path, issuer, issuerPath } = trust;
    const id = issuerPath.split("/").at(-1) ?? "";
    const settings = { createsMembers: false };
    for (const [method, body] of [["PATCH", { settings }], ["DELETE"]] as const)
      expect((await manage(method, `${path}/identity-issuers/${id}`, body)).status).toBe(404);
    const count = () =>
      bindings.DB.prepare("SELECT count(*) AS n FROM member_identities WHERE issuer = ?")
        .bind(issuer.url)
        .first("n");
    await manage("DELETE", issuerPath);
    expect(await count()).toBe(1);
    await issuer.publish("/.well-known/openid-configuration", {
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/authorize`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/keys`,
    });
    const provider = { name: "Acme", issuer: issuer.url, clientId: "c", clientSecret: "secret-1" };
    expect((await manage("POST", `${path}/identity-issuers`, provider)).status).toBe(201);
    expect(await count()).toBe(0);
  });

  test("of the company’s provider is who the sign-in says, never who has the address", async () => {
    const slug = "pi-openid";
    await makeWorkspace(slug);
    const path = `/workspaces/${slug}`;
    const { body } = await manage("GET", path);
    const email = "ada@pi-openid.example";
    const ada = await manage("POST", `${path}/members`, { name: "Ada", email });
    const issuer = await Issuer.open(slug);
    await bindings.DB.prepare(
      "INSERT INTO identity_issuers (id, workspace_id, kind, name, issuer, client_id, settings, is_enabled, created_at, created_by) VALUES (?, ?, 'openid', 'Acme', ?, 'c', '{}', 1, 0, 'x')",
    )
      .bind("iss_openid", body.id, issuer.url)
      .run();
    const { id, redeem, client } = await makeConfidentialClient(slug);
    const known = { aud: AUTHORIZATION_SERVER, client_id: id, resource: toResource(slug) };
    const sign = () =>
      issuer.sign({ ...known, sub: "a", email, email_verified: true }, { typ: ASSERTION_TYPE });
    const place = `${path}/identity-issuers/iss_openid`;
    expect((await redeem(await sign())).description).toContain("does not trust the issuer");
    expect((await manage("PATCH", place, { acceptsAssertions: true })).status).toBe(200);
    expect((await redeem(await sign())).description).toContain("sign in to the dashboard");
    await bindings.DB.prepare("INSERT INTO member_identities VALUES (?, ?, 'a', ?, NULL, 0, 0)")
      .bind(body.id, issuer.url, ada.body.id)
      .run();
    const { body: issued } = await redeem(await sign());
    expect(await client.statusOfCall(issued.access_token)).toBe(200);
    expect((await manage("PATCH", place, { isEnabled: false })).status).toBe(200);
    expect(await client.statusOfCall(issued.access_token)).toBe(401);
    await manage("PATCH", place, { isEnabled: true, acceptsAssertions: false });
    expect((await redeem(await sign())).description).toContain("does not trust the issuer");
    await manage("PATCH", place, { acceptsAssertions: true });
    const { body: again } = await redeem(await sign());
    expect(await client.statusOfCall(again.access_token)).toBe(200);
    expect((await manage("DELETE", place)).status).toBe(204);
    expect(await client.statusOfCall(again.access_token)).toBe(401);
  });
});

describe("access by an assertion", () => {
  test("ends on the next call with its member’s suspension and removal", async () => {
    const trust = await makeTrust("pi-member");
    const { path, adaId, access } = trust;
    const token = await access();
    const member = `${path}/members/${adaId}`;
    await manage("PUT", `${member}/suspension`, {});
    const called = await trust.client.rpc("tools/call", { name: "echo" }, { token });
    expect(called.message.error?.data.reason).toBe("member_suspended");
    expect(await reasonOf(trust)).toContain("The member is suspended");
    await manage("DELETE", `${member}/suspension`, {});
    expect(await trust.statusOf(token)).toBe(200);
    await manage("PATCH", member, { role: "auditor" });
    expect(await reasonOf(trust)).toContain("An auditor calls no tools");
    await manage("PATCH", member, { role: "member" });
    await manage("DELETE", member, {});
    expect(await trust.statusOf(token)).toBe(401);
    expect(await reasonOf(trust)).toContain("no member has the address");
  });

  test("ends with the trust in its issuer, which on its return still knows who was pinned", async () => {
    const trust = await makeTrust("pi-issuer");
    const { path, issuer, issuerPath, access, statusOf } = trust;
    const token = await access();
    expect((await manage("DELETE", issuerPath)).status).toBe(204);
    expect(await statusOf(token)).toBe(401);
    expect(await reasonOf(trust)).toContain("does not trust the issuer");
    const again = { name: "Claude", issuer: issuer.url, mapsByEmail: true };
    expect((await manage("POST", `${path}/assertion-issuers`, again)).status).toBe(201);
    expect(await reasonOf(trust, { sub: "ada-2" })).toContain("another account (sub)");
    expect(await statusOf(await access())).toBe(200);
    expect(await statusOf(token)).toBe(401);
  });

  test("stays ended when a person revokes it, until an owner unpins the person", async () => {
    const trust = await makeTrust("pi-revoke");
    const { path, adaId, issuerPath, access, statusOf } = trust;
    const token = await access();
    const { body } = await manage("GET", `${path}/tokens`);
    const grant = body.items.find(({ client }: { client: unknown }) => client !== null);
    await manage("DELETE", `${path}/tokens/${grant.id}`, {});
    expect(await statusOf(token)).toBe(401);
    expect(await reasonOf(trust)).toContain("was revoked in the workspace");
    await manage("DELETE", `${issuerPath}/identities/${adaId}`);
    expect(await statusOf(await access())).toBe(200);
  });

  test("is narrowed by its grant, also for the next assertions", async () => {
    const { path, access, statusOf, client } = await makeTrust("pi-narrow");
    await access();
    const { body } = await manage("GET", `${path}/tokens`);
    const grant = body.items.find((token: { client: unknown }) => token.client !== null);
    await manage("PATCH", `${path}/tokens/${grant.id}`, { tools: ["ok:none"] });
    const token = await access();
    const called = await client.rpc("tools/call", { name: "echo" }, { token });
    expect(called.message.error?.message).toContain("narrowed to other tools");
    await manage("PATCH", `${path}/tokens/${grant.id}`, { tools: null });
    expect(await statusOf(token)).toBe(200);
  });

  test("stays narrowed and suspended when its grant has ended meanwhile and another client gets one", async () => {
    const trust = await makeTrust("pi-kept");
    const { slug, path, access, claims, issuer, client } = trust;
    await access();
    const { body } = await manage("GET", `${path}/tokens`);
    const grant = body.items.find((token: { client: unknown }) => token.client !== null);
    await manage("PATCH", `${path}/tokens/${grant.id}`, { tools: ["ok:none"] });
    await manage("PATCH", path, { oauth: { idleDays: 2 } });
    await access();
    await later(49 * 3_600_000, async () => {
      const other = await makeConfidentialClient(slug);
      const assertion = { ...claims, client_id: other.id };
      await other.redeem(await issuer.sign(assertion, { typ: ASSERTION_TYPE }));
      const called = await client.rpc("tools/call", { name: "echo" }, { token: await access() });
      expect(called.message.error?.message).toContain("narrowed to other tools");
      await manage("PUT", `${path}/tokens/${grant.id}/suspension`, {});
      await manage("PATCH", `${path}/tokens/${grant.id}`, { tools: null });
    });
    await later(99 * 3_600_000, async () => {
      const other = await makeConfidentialClient(slug);
      const assertion = { ...claims, client_id: other.id };
      await other.redeem(await issuer.sign(assertion, { typ: ASSERTION_TYPE }));
      const called = await client.rpc("tools/call", { name: "echo" }, { token: await access() });
      expect(called.message.error?.data.reason).toBe("token_suspended");
    });
  });

  test("by an assertion for one server is for the tools of this server, beside that for the workspace", async () => {
    const { slug, path, access, client, statusOf } = await makeTrust("pi-server");
    await manage("POST", `${path}/servers`, { slug: "two", url: `${inject("hostileUrl")}/ok` });
    const resource = `${toResource(slug)}/two`;
    const [one, again] = [await access({ resource }), await access({ resource })];
    const whole = await access();
    const listNames = async (token: string): Promise<string[]> => {
      const { message } = await client.rpc("tools/list", {}, { token });
      return message.result.tools.map(({ name }: { name: string }) => name);
    };
    const all = await listNames(whole);
    for (const token of [one, again]) {
      const names = await listNames(token);
      expect(names.length).toBeGreaterThan(0);
      expect(names.length).toBeLessThan(all.length);
      expect(names.every((name) => name.startsWith("two"))).toBe(true);
    }
    expect(await statusOf(whole)).toBe(200);
    const { body } = await manage("GET", `${path}/tokens`);
    const grants = body.items.filter((token: { client: unknown }) => token.client !== null);
    expect(grants.map(({ tools }: { tools: unknown }) => tools)).toEqual(
      expect.arrayContaining([["two:*"], null]),
    );
    expect(grants.length).toBe(2);
  });

  test("is given up by its client one token at a time, and not by another client that knows the grant", async () => {
    const { slug, client, id, secret, access, statusOf } = await makeTrust("pi-drop");
    const [one, two] = [await access(), await access()];
    const revoke = (token: string, credentials: Record<string, string>) =>
      client.fetch("/oauth/token", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token, ...credentials }).toString(),
      });
    const other = await makeConfidentialClient(slug);
    const guessed = `${two.slice(0, two.lastIndexOf(":"))}:${"0".repeat(64)}`;
    await revoke(guessed, { client_id: other.id, client_secret: other.secret });
    expect(await statusOf(two)).toBe(200);
    await revoke(one, { client_id: id, client_secret: secret });
    expect([await statusOf(one), await statusOf(two)]).toEqual([401, 200]);
  });
});

describe("an issuer of assertions", () => {
  test("is trusted by owners after a step-up, once, and only if its keys can be read", async () => {
    const slug = "pi-set-up";
    const owner = await makeOwner(slug);
    const path = `/workspaces/${slug}/assertion-issuers`;
    const issuer = await Issuer.open(slug);
    const input = { name: "Claude", issuer: issuer.url, requiredClaims: toClaims("org", "o") };
    const stale = await owner.send("POST", path, input);
    if (stale.status !== 201) await owner.stepUp();
    const made = stale.status === 201 ? stale : await owner.send("POST", path, input);
    expect(made.body).toMatchObject({ ...input, mapsByEmail: true });
    const refused: [body: Record<string, unknown>, reason: RegExp][] = [
      [input, /^409 .*trusts this issuer already/],
      [{ ...input, issuer: `${inject("publishedUrl")}/nowhere` }, /metadata cannot be read/],
      [{ ...input, issuer: "http://169.254.169.254/" }, /^400 invalid: issuer: /],
      [{ ...input, issuer: `${issuer.url}?x=1` }, /no query and no fragment/],
      [{ ...input, issuer: "https://accounts.google.com", requiredClaims: [] }, /claim hd/],
      [{ ...input, requiredClaims: toClaims("sub", "x") }, /checked for every assertion/],
      [{ ...input, mapsByEmail: "yes" }, /mapsByEmail/],
    ];
    for (const [body, reason] of refused)
      expect(refusalOf(await owner.send("POST", path, body))).toMatch(reason);
    const one = `${path}/${made.body.id}`;
    const patched = await owner.send("PATCH", one, { requiredClaims: toClaims("org", "p") });
    expect(patched.body).toMatchObject({ name: "Claude", requiredClaims: toClaims("org", "p") });
    expect(refusalOf(await owner.send("PATCH", one, { issuer: "https://x.example" }))).toMatch(
      /^400 /,
    );
    expect((await owner.send("GET", path)).body.items.length).toBe(1);
    expect((await owner.send("DELETE", `${one}/identities/mem_none`, {})).status).toBe(404);
    expect((await owner.send("DELETE", one, {})).status).toBe(204);
    expect((await owner.send("DELETE", one, {})).status).toBe(404);
  });
});
