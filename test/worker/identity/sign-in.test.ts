import { describe, expect, test } from "vitest";
import { Authenticator } from "../support/authenticator.ts";
import { Browser, makeOwner, makeJoinedUser, ORIGIN } from "../support/browser.ts";
import { later, MINUTE_MS } from "../support/clock.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

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
    const answers = await Promise.all(
      browsers.map((browser) => browser.followLink(body.url, "Olga")),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
    const secret = body.url.split("#")[1];
    const again = await browsers[0].send("POST", "/auth/link", { secret });
    expect(refusalOf(again)).toMatch(/^404 not_found: This link was used, expired or withdrawn/);
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

describe("a passkey", () => {
  test("a passkey signs its user in, and each challenge is valid for one attempt", async () => {
    const browser = await makeOwner("passkey");
    const { body } = await browser.send("POST", "/auth/passkey/options", {});
    expect(body.options).toMatchObject({ rpId: "gateway.test", userVerification: "required" });
    const response = await browser.authenticator.get(body.options, ORIGIN);
    const first = await browser.send("POST", "/auth/passkey", { response });
    expect(first.body.user.name).toBe("Olga");
    const replayed = await browser.send("POST", "/auth/passkey", { response });
    expect(refusalOf(replayed)).toMatch(/^401 not_recognized: /);
  });

  test.each([
    ["another origin", { origin: "https://evil.test" }],
    ["another relying party", { rpId: "evil.test" }],
    ["no user verification", { flags: 0x01 }],
    ["no user presence", { flags: 0x04 }],
    ["another challenge", { challenge: "AAAA" }],
    ["another ceremony", { type: "webauthn.create" }],
  ])("a passkey is refused with %s", async (what, bend) => {
    const browser = await makeOwner(`bent-${what.replaceAll(" ", "-")}`);
    const { body } = await browser.send("POST", "/auth/passkey/options", {});
    const response = await browser.authenticator.get(body.options, ORIGIN, bend);
    expect(refusalOf(await browser.send("POST", "/auth/passkey", { response }))).toMatch(/^401 /);
  });

  test("a passkey that is not registered, or whose counter decreases, is refused", async () => {
    const browser = await makeOwner("unknown-key");
    const stranger = new Browser(await Authenticator.make());
    expect((await stranger.signIn()).status).toBe(401);
    expect((await browser.signIn()).status).toBe(200);
    browser.authenticator.forgetSignatures();
    expect((await browser.signIn()).status).toBe(401);
  });

  test("a registration of another origin or without user verification creates no passkey", async () => {
    const { body } = await manage("POST", "/setup-links", {});
    const secret = body.url.split("#")[1];
    for (const bend of [{ origin: "https://evil.test" }, { flags: 0x01 }, { rpId: "evil.test" }]) {
      const browser = await Browser.open();
      const begun = await browser.send("POST", "/auth/link/passkey/options", { secret, name: "X" });
      const response = await browser.authenticator.create(begun.body.options, ORIGIN, bend);
      const sent = { secret, name: "X", response };
      expect((await browser.send("POST", "/auth/link/passkey", sent)).status).toBe(401);
    }
  });

  test("passkeys can be added, renamed and removed, except for the last one", async () => {
    const browser = await makeOwner("keys");
    const first = (await browser.send("GET", "/me/passkeys")).body.items[0];
    expect(refusalOf(await browser.send("DELETE", `/me/passkeys/${first.id}`))).toMatch(
      /^409 conflict: This is your last passkey/,
    );
    const second = await Browser.open();
    const begun = await browser.send("POST", "/me/passkeys/options", {});
    expect(begun.body.options.excludeCredentials).toMatchObject([{ id: first.id }]);
    const response = await second.authenticator.create(begun.body.options, ORIGIN);
    const added = await browser.send("POST", "/me/passkeys", { label: "Phone", response });
    expect(added.status).toBe(201);
    const renamed = await browser.send("PATCH", `/me/passkeys/${added.body.id}`, { label: "New" });
    expect(renamed.body.label).toBe("New");
    expect((await browser.send("DELETE", `/me/passkeys/${first.id}`)).status).toBe(204);
    expect((await browser.signIn()).status).toBe(401);
    expect((await second.signIn()).body.user.id).toBe(browser.userId);
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

describe("a browser session", () => {
  test("a session ends after 30 minutes without a request, and after 12 hours in any case", async () => {
    const browser = await makeOwner("idle");
    expect((await later(29 * MINUTE_MS, () => browser.send("GET", "/me"))).status).toBe(200);
    expect((await later(58 * MINUTE_MS, () => browser.send("GET", "/me"))).status).toBe(200);
    expect((await later(89 * MINUTE_MS, () => browser.send("GET", "/me"))).status).toBe(401);
    await browser.signIn();
    for (let minutes = 25; minutes < 720; minutes += 25) {
      expect((await later(minutes * MINUTE_MS, () => browser.send("GET", "/me"))).status).toBe(200);
    }
    expect((await later(721 * MINUTE_MS, () => browser.send("GET", "/me"))).status).toBe(401);
  });

  test("a session is listed and can be ended from the list, and signing out ends it", async () => {
    const browser = await makeOwner("sessions");
    const other = new Browser(browser.authenticator);
    await other.signIn();
    const third = new Browser(browser.authenticator);
    await third.signIn();
    const { items } = (await browser.send("GET", "/me/sessions")).body;
    expect(items).toHaveLength(3);
    expect(items.filter((item: Json) => item.isCurrent)).toHaveLength(1);
    const otherId = (await other.send("GET", "/me")).body.session.id;
    expect((await browser.send("DELETE", `/me/sessions/${otherId}`)).status).toBe(204);
    expect((await browser.send("DELETE", `/me/sessions/${otherId}`)).status).toBe(404);
    expect((await other.send("GET", "/me")).status).toBe(401);
    expect((await browser.send("DELETE", "/me/sessions")).status).toBe(204);
    expect((await third.send("GET", "/me")).status).toBe(401);
    const out = await browser.send("DELETE", "/me/session");
    expect(out.status).toBe(204);
    expect(out.headers.get("clear-site-data")).toBe('"cache","cookies","storage"');
    expect(out.headers.get("set-cookie")).toMatch(/^__Host-mng_s=; Max-Age=0; Path=\/; Secure/);
  });

  test("a session ends when the same browser signs in again", async () => {
    const browser = await makeOwner("anew");
    const before = browser.cookie;
    await browser.signIn();
    expect(browser.cookie).not.toBe(before);
    expect((await browser.send("GET", "/me", undefined, { cookie: before })).status).toBe(401);
    expect((await browser.send("GET", "/me/sessions")).body.items).toHaveLength(1);
  });

  test("a session of another user cannot be ended", async () => {
    const [mine, theirs] = [await makeOwner("my-session"), await makeOwner("their-session")];
    const { id } = (await theirs.send("GET", "/me")).body.session;
    expect((await mine.send("DELETE", `/me/sessions/${id}`)).status).toBe(404);
    expect((await theirs.send("GET", "/me")).status).toBe(200);
  });

  test("only the digest of a session is stored", async () => {
    const browser = await makeOwner("digest-only");
    const { results } = await bindings.DB.prepare("SELECT * FROM sessions").all();
    expect(JSON.stringify(results)).not.toContain(browser.cookie.split("=")[1]);
  });

  test("a step-up gives the session a new secret and invalidates the old one", async () => {
    const browser = await makeOwner("renewed");
    const before = { cookie: browser.cookie, csrf: browser.csrf };
    expect((await browser.stepUp()).status).toBe(200);
    expect(browser.cookie).not.toBe(before.cookie);
    expect(browser.csrf).not.toBe(before.csrf);
    expect((await browser.send("GET", "/me", undefined, { cookie: before.cookie })).status).toBe(
      401,
    );
    expect((await browser.send("GET", "/me")).status).toBe(200);
  });

  test("a session ends when its user's role changes", async () => {
    await makeOwner("promoted");
    const { browser, memberId } = await makeJoinedUser("promoted", "member");
    await manage("PATCH", `/workspaces/promoted/members/${memberId}`, { name: "Still" });
    expect((await browser.send("GET", "/me")).status).toBe(200);
    await manage("PATCH", `/workspaces/promoted/members/${memberId}`, { role: "admin" });
    expect((await browser.send("GET", "/me")).status).toBe(401);
    expect((await browser.signIn()).body.memberships).toMatchObject([{ role: "admin" }]);
  });
});

describe("a sensitive action", () => {
  test("a sensitive action needs a passkey check of the last five minutes", async () => {
    const browser = await makeOwner("dangerous");
    await makeJoinedUser("dangerous", "member");
    const path = "/workspaces/dangerous";
    const { items } = (await browser.send("GET", `${path}/members`)).body;
    const other = items.find((member: Json) => member.role === "member").id;
    const actions: [string, string, unknown][] = [
      ["PATCH", path, { enforcement: false }],
      ["PATCH", `${path}/members/${other}`, { role: "admin" }],
      ["POST", `${path}/tokens`, { label: "theirs", memberId: other }],
      ["POST", `${path}/tokens`, { label: "everybody's" }],
      ["POST", `${path}/api-keys`, { label: "ci", role: "admin" }],
      [
        "POST",
        `${path}/servers`,
        { slug: "s", url: "http://127.0.0.1:1/", credentials: { a: "b" } },
      ],
      ["POST", "/me/recovery-codes", {}],
      ["POST", "/me/passkeys/options", {}],
      ["DELETE", `${path}?confirm=dangerous`, undefined],
    ];
    await later(6 * MINUTE_MS, async () => {
      for (const [method, url, body] of actions) {
        const refused = await browser.send(method, url, body);
        expect(refusalOf(refused), `${method} ${url}`).toMatch(/^403 step_up_required: /);
      }
      expect((await browser.send("PATCH", path, { enforcement: true })).status).toBe(200);
      expect((await browser.stepUp()).body.session.steppedUpUntil).toBeGreaterThan(Date.now());
      for (const [method, url, body] of actions) {
        const allowed = await browser.send(method, url, body);
        expect(allowed.status, `${method} ${url} ${allowed.text}`).toBeLessThan(300);
      }
    });
  });

  test("another user's passkey, or a sign-in ceremony, does not allow a sensitive action", async () => {
    const [mine, theirs] = [await makeOwner("my-step"), await makeOwner("their-step")];
    const begun = await mine.send("POST", "/me/step-up/options", {});
    const foreign = await theirs.authenticator.get(begun.body.options, ORIGIN);
    expect((await mine.send("POST", "/me/step-up", { response: foreign })).status).toBe(401);
    // Nor by a ceremony that was begun in another session.
    const elsewhere = new Browser(mine.authenticator);
    await elsewhere.signIn();
    const there = await elsewhere.send("POST", "/me/step-up/options", {});
    const moved = await mine.authenticator.get(there.body.options, ORIGIN);
    expect((await mine.send("POST", "/me/step-up", { response: moved })).status).toBe(401);
    const signIn = await mine.send("POST", "/auth/passkey/options", {});
    const other = await mine.authenticator.get(signIn.body.options, ORIGIN);
    expect((await mine.send("POST", "/me/step-up", { response: other })).status).toBe(401);
  });
});

describe("a request with a session's cookie", () => {
  test("a request with a session cookie from another site changes nothing", async () => {
    const browser = await makeOwner("forged");
    const patch = (headers: Record<string, string | undefined>) =>
      browser.send("PATCH", "/workspaces/forged", { name: "Forged" }, headers);
    const refused: [Record<string, string | undefined>, RegExp][] = [
      [{ "sec-fetch-site": "cross-site" }, /^403 csrf/],
      [{ "sec-fetch-site": "same-site" }, /^403 csrf/],
      [{ "sec-fetch-site": "none" }, /^403 csrf/],
      [{ "sec-fetch-site": undefined, origin: undefined }, /^403 csrf/],
      [{ "sec-fetch-site": undefined, origin: "https://evil.test" }, /^403 csrf/],
      [{ "sec-fetch-site": undefined, origin: "null" }, /^403 csrf/],
      [{ "x-csrf-token": undefined }, /^403 csrf/],
      [{ "x-csrf-token": "x" }, /^403 csrf/],
      [{ "content-type": "text/plain" }, /^415 /],
    ];
    for (const [headers, code] of refused) expect(refusalOf(await patch(headers))).toMatch(code);
    expect((await patch({ "sec-fetch-site": undefined })).status).toBe(200);
    expect((await patch({})).body.name).toBe("Forged");
  });

  test("a sign-in request from another site is refused", async () => {
    const browser = await Browser.open();
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.test" };
    const answer = await browser.send("POST", "/auth/recovery-code", { code: "x" }, headers);
    expect(refusalOf(answer)).toMatch(/^403 csrf/);
  });

  test("a session cookie beside a wrong API key is ignored", async () => {
    const browser = await makeOwner("beside");
    const headers = { authorization: "Bearer wrong" };
    expect((await browser.send("GET", "/me", undefined, headers)).status).toBe(401);
  });
});

test("too many sign-in attempts of one address are refused for a while, other addresses are not", async () => {
  const browser = await Browser.open();
  const attempt = (address: string) =>
    browser.send("POST", "/auth/recovery-code", { code: "x" }, { "cf-connecting-ip": address });
  for (let i = 0; i < 60; i++) expect((await attempt("203.0.113.7")).status).toBe(401);
  const refused = await attempt("203.0.113.7");
  expect(refusalOf(refused)).toMatch(/^429 rate_limited: /);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await attempt("203.0.113.8")).status).toBe(401);
});

test("a host that is an IP address offers no passkeys, and the response says so", async () => {
  const init = { headers: { "content-type": "application/json", origin: "http://127.0.0.1:8787" } };
  const at = async (method: string, path: string) => {
    const { send } = await import("../support/gateway-client.ts");
    const response = await send(`/api${path}`, { method, ...init }, "127.0.0.1:8787");
    return { status: response.status, body: await response.json<Json>() };
  };
  expect((await at("GET", "/auth")).body.passkeys).toBe(false);
  const begun = await at("POST", "/auth/passkey/options");
  expect(begun.status).toBe(409);
  expect(begun.body.error.code).toBe("passkeys_not_supported");
});
