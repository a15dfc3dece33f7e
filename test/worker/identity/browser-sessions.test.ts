import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { Browser, makeJoinedUser, makeOwner, ORIGIN } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

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

test("setting the role that a user already has ends none of that user's sessions", async () => {
  const victim = await makeOwner("ours");
  const admin = await makeOwner("of-others");
  const { body } = await admin.send("POST", "/workspaces/of-others/invitations", {
    name: "V",
    role: "member",
  });
  await victim.send("POST", "/me/invitations", { secret: body.url.split("#")[1] });
  await admin.send("PATCH", `/workspaces/of-others/members/${body.invitation.memberId}`, {
    role: "member",
  });
  const still = await victim.send("GET", "/workspaces/ours");
  expect(still.status).toBe(200);
});

describe("a sensitive action", () => {
  test("a sensitive action needs a passkey check of the last five minutes", async () => {
    const browser = await makeOwner("dangerous");
    await makeJoinedUser("dangerous", "member");
    const path = "/workspaces/dangerous";
    const { items } = (await browser.send("GET", `${path}/members`)).body;
    const other = items.find((member: Json) => member.role === "member").id;
    const { body } = await browser.send("POST", `${path}/tokens`, { label: "suspended" });
    const suspended = `${path}/tokens/${body.record.id}/suspension`;
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
      ["DELETE", `${path}/members/${other}/suspension`, undefined],
      ["DELETE", suspended, undefined],
      ["DELETE", `${path}/stop`, undefined],
      ["POST", "/me/recovery-codes", {}],
      ["POST", "/me/passkeys/options", {}],
      ["DELETE", `${path}?confirm=dangerous`, undefined],
    ];
    await later(6 * MINUTE_MS, async () => {
      for (const stop of [`${path}/stop`, suspended, `${path}/members/${other}/suspension`])
        expect((await browser.send("PUT", stop, {})).status).toBeLessThan(300);
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
    const browser = await makeOwner("forged-origin");
    const patch = (headers: Record<string, string | undefined>) =>
      browser.send("PATCH", "/workspaces/forged-origin", { name: "Forged" }, headers);
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
    const response = await browser.send("POST", "/auth/recovery-code", { code: "x" }, headers);
    expect(refusalOf(response)).toMatch(/^403 csrf/);
  });

  test("a session cookie beside a wrong API key is ignored", async () => {
    const browser = await makeOwner("beside");
    const headers = { authorization: "Bearer wrong" };
    expect((await browser.send("GET", "/me", undefined, headers)).status).toBe(401);
  });
});
