import { describe, expect, test } from "vitest";
import { Browser, makeOwner, ORIGIN } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

describe("a setup link", () => {
  test("a setup link creates an owner with a passkey, who is signed in and can create workspaces", async () => {
    await manage("POST", "/workspaces", { slug: "first", name: "First" });
    const link = await manage("POST", "/setup-links", { workspace: "first" });
    expect(link.body.url).toMatch(/^https:\/\/gateway\.test\/join#[\w-]{43}$/);
    const secret = link.body.url.split("#")[1];
    const browser = await Browser.open();
    expect((await browser.send("POST", "/auth/link", { secret })).body).toMatchObject({
      kind: "setup",
      role: "owner",
      workspace: { slug: "first", name: "First" },
    });
    const joined = await browser.followLink(link.body.url, "Olga");
    expect(joined.headers.get("set-cookie")).toMatch(
      /^__Host-mng_s=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(joined.body).toMatchObject({
      user: { name: "Olga", isFounder: true, email: null },
      session: { method: "passkey" },
      passkeys: 1,
      canCreateWorkspaces: true,
      memberships: [{ workspace: { slug: "first" }, role: "owner" }],
    });
    const created = await browser.send("POST", "/workspaces", { slug: "second", name: "Second" });
    expect(created.status).toBe(201);
    const members = await browser.send("GET", "/workspaces/second/members");
    expect(members.body.items).toMatchObject([
      { name: "Olga", role: "owner", userId: browser.userId },
    ]);
    expect((await browser.send("GET", "/workspaces")).body.items.map((w: Json) => w.slug)).toEqual([
      "first",
      "second",
    ]);
  });

  test("a setup link works once, also for two concurrent requests", async () => {
    const { body } = await manage("POST", "/setup-links", {});
    const browsers = await Promise.all([Browser.open(), Browser.open()]);
    const responses = await Promise.all(
      browsers.map((browser) => browser.followLink(body.url, "Olga")),
    );
    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
    const secret = body.url.split("#")[1];
    const again = await browsers[0].send("POST", "/auth/link", { secret });
    expect(refusalOf(again)).toMatch(/^404 not_found: This link was used, expired or withdrawn/);
  });

  test("a new setup link leaves those of other workspaces, invitations and recovery links valid", async () => {
    const owner = await makeOwner("links-a");
    await manage("POST", "/workspaces", { slug: "links-b", name: "B" });
    const { url: invitation } = (
      await manage("POST", "/workspaces/links-b/invitations", { name: "I" })
    ).body;
    const recovery = await manage("POST", `/users/${owner.userId}/recovery-links`, {});
    const make = async (body: object) => (await manage("POST", "/setup-links", body)).body.url;
    const replaced = await make({ workspace: "links-a" });
    const urls = [
      invitation,
      recovery.body.url,
      await make({ workspace: "links-a" }),
      await make({ workspace: "links-b" }),
      await make({}),
    ];
    const browser = await Browser.open();
    const statusOf = async (url: string) =>
      (await browser.send("POST", "/auth/link", { secret: url.split("#")[1] })).status;
    expect(await Promise.all(urls.map(statusOf))).toEqual([200, 200, 200, 200, 200]);
    expect(await statusOf(replaced)).toBe(404);
  });

  test("a setup link for a workspace that was deleted makes no user", async () => {
    await manage("POST", "/workspaces", { slug: "gone-setup", name: "G" });
    const { url } = (await manage("POST", "/setup-links", { workspace: "gone-setup" })).body;
    await manage("DELETE", "/workspaces/gone-setup?confirm=gone-setup");
    const joined = await (await Browser.open()).followLink(url, "Nobody");
    expect(refusalOf(joined)).toBe("409 conflict: The workspace of this link was deleted.");
    const { items } = (await manage("GET", "/users")).body;
    expect(items.map(({ name }: Json) => name)).not.toContain("Nobody");
  });

  test("a new setup link replaces the old one, and only its digest is stored", async () => {
    const old = (await manage("POST", "/setup-links", {})).body.url.split("#")[1];
    await manage("POST", "/setup-links", {});
    const browser = await Browser.open();
    expect((await browser.send("POST", "/auth/link", { secret: old })).status).toBe(404);
    const rows = await bindings.DB.prepare("SELECT * FROM sign_in_links").all();
    expect(JSON.stringify(rows.results)).not.toContain(old);
  });
});

describe("recovery", () => {
  test("recovery codes sign in once each, new ones replace them, and only digests are stored", async () => {
    const browser = await makeOwner("codes");
    const { codes } = (await browser.send("POST", "/me/recovery-codes", {})).body;
    expect(codes).toHaveLength(8);
    const elsewhere = await Browser.open();
    const signedIn = await elsewhere.send("POST", "/auth/recovery-code", { code: codes[0] });
    expect(signedIn.body).toMatchObject({
      user: { id: browser.userId },
      session: { method: "recovery-code" },
      recoveryCodesLeft: 7,
    });
    const again = await elsewhere.send("POST", "/auth/recovery-code", { code: codes[0] });
    expect(refusalOf(again)).toMatch(/^401 not_recognized: /);
    await browser.send("POST", "/me/recovery-codes", {});
    expect((await elsewhere.send("POST", "/auth/recovery-code", { code: codes[1] })).status).toBe(
      401,
    );
    const { results } = await bindings.DB.prepare("SELECT * FROM recovery_codes").all();
    for (const code of codes) expect(JSON.stringify(results)).not.toContain(code);
  });

  test("a recovery link creates a new passkey and ends every session", async () => {
    const browser = await makeOwner("locked-out");
    const users = (await manage("GET", "/users")).body.items;
    expect(users.map(({ id }: { id: string }) => id)).toContain(browser.userId);
    const link = await manage("POST", `/users/${browser.userId}/recovery-links`, {});
    const fresh = await Browser.open();
    const back = await fresh.followLink(link.body.url, "ignored");
    expect(back.body).toMatchObject({ user: { id: browser.userId, name: "Olga" }, passkeys: 1 });
    expect((await browser.send("GET", "/me")).status).toBe(401);
    expect((await manage("POST", "/users/usr_none/recovery-links", {})).status).toBe(404);
  });
});

test("the lost passkey and codes of a recovered user no longer sign in", async () => {
  const browser = await makeOwner("recov");
  const { codes } = (await browser.send("POST", "/me/recovery-codes", {})).body;
  const link = await manage("POST", `/users/${browser.userId}/recovery-links`, {});
  const fresh = await Browser.open();
  expect((await fresh.followLink(link.body.url, "Olga")).status).toBe(200);
  const thief = new Browser(browser.authenticator);
  const st = [
    (await thief.signIn()).status,
    (await (await Browser.open()).send("POST", "/auth/recovery-code", { code: codes[0] })).status,
  ];
  expect(st).toEqual([401, 401]);
});

test("too many failed sign-ins of one address are refused for a while, other addresses are not", async () => {
  const browser = await Browser.open();
  const attempt = (address: string) =>
    browser.send("POST", "/auth/recovery-code", { code: "x" }, { "cf-connecting-ip": address });
  for (let i = 0; i < 30; i++) expect((await attempt("203.0.113.7")).status).toBe(401);
  const refused = await attempt("203.0.113.7");
  expect(refusalOf(refused)).toMatch(/^429 rate_limited: /);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await attempt("203.0.113.8")).status).toBe(401);
});

describe("a passkey that is registered already", () => {
  test("a passkey of another person is refused, and the invitation stays usable", async () => {
    const owner = await makeOwner("taken");
    const { url } = (await manage("POST", "/workspaces/taken/invitations", { name: "I" })).body;
    const copy = new Browser(owner.authenticator);
    for (let i = 0; i < 2; i++)
      expect(refusalOf(await copy.followLink(url, "Eve"))).toMatch(
        /^409 conflict: This passkey is registered already/,
      );
    const { items } = (await manage("GET", "/users")).body;
    expect(items.map(({ name }: Json) => name)).not.toContain("Eve");
    expect((await (await Browser.open()).followLink(url, "Ida")).status).toBe(200);
    expect((await owner.signIn()).body.user.id).toBe(owner.userId);
  });

  test("two invitations that are accepted at once with one passkey make one user, and the other stays usable", async () => {
    await makeOwner("raced");
    const invite = async () =>
      (await manage("POST", "/workspaces/raced/invitations", { name: "R" })).body.url as string;
    const urls = [await invite(), await invite()];
    const { authenticator } = await Browser.open();
    const answers = await Promise.all(
      urls.map(async (url) => new Browser(authenticator).followLink(url, "Raced")),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const left = urls[answers.findIndex(({ status }) => status === 409)] ?? "";
    expect((await (await Browser.open()).followLink(left, "Other")).status).toBe(200);
  });

  test("a recovery link stays usable, and a signed-in user cannot add the passkey", async () => {
    const [owner, other] = [await makeOwner("kept-a"), await makeOwner("kept-b")];
    const { url } = (await manage("POST", `/users/${owner.userId}/recovery-links`, {})).body;
    const copy = new Browser(other.authenticator);
    expect(refusalOf(await copy.followLink(url, "x"))).toMatch(/^409 conflict: This passkey is/);
    const { options } = (await owner.send("POST", "/me/passkeys/options", {})).body;
    const response = await other.authenticator.create(options, ORIGIN);
    const added = await owner.send("POST", "/me/passkeys", { label: "stolen", response });
    expect(refusalOf(added)).toMatch(/^409 conflict: This passkey is registered already/);
    expect((await (await Browser.open()).followLink(url, "x")).body.user.id).toBe(owner.userId);
  });
});
