import { describe, expect, test, vi } from "vitest";
import { Authenticator } from "../../fixtures/authenticator.ts";
import { Browser, makeOwner, ORIGIN } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

describe("a passkey", () => {
  test("a passkey signs its user in, and each challenge is valid for one sign-in", async () => {
    const browser = await makeOwner("passkey");
    browser.authenticator.countsSignatures = false;
    const { body } = await browser.send("POST", "/auth/passkey/options", {});
    expect(body.options).toMatchObject({ rpId: "gateway.test", userVerification: "required" });
    const response = await browser.authenticator.get(body.options, ORIGIN);
    const send = () => browser.send("POST", "/auth/passkey", { response });
    const together = await Promise.all([send(), send()]);
    const [first, second] = together.toSorted((a, b) => a.status - b.status);
    expect(first?.body.user.name).toBe("Olga");
    expect(second?.status).toBe(401);
    expect(refusalOf(await send())).toMatch(/^401 not_recognized: /);
  });

  test.each([
    ["another origin", { origin: "https://evil.test" }],
    ["another relying party", { rpId: "evil.test" }],
    ["no user verification", { flags: 0x01 }],
    ["no user presence", { flags: 0x04 }],
    ["another challenge", { challenge: "AAAA" }],
    ["another ceremony", { type: "webauthn.create" }],
  ])("a passkey is refused with %s", async (what, tampering) => {
    const browser = await makeOwner(`tampered-${what.replaceAll(" ", "-")}`);
    const { body } = await browser.send("POST", "/auth/passkey/options", {});
    const response = await browser.authenticator.get(body.options, ORIGIN, tampering);
    expect(refusalOf(await browser.send("POST", "/auth/passkey", { response }))).toMatch(/^401 /);
  });

  test("strangers who begin sign-ins, and try them with unknown passkeys, make no change in D1", async () => {
    const database: { prepare: D1Database["prepare"] } = Object.getPrototypeOf(bindings.DB);
    const prepare = vi.spyOn(database, "prepare");
    const stranger = await Browser.open();
    for (let i = 0; i < 40; i++)
      expect((await stranger.send("POST", "/auth/passkey/options", {})).status).toBe(200);
    expect((await stranger.signIn()).status).toBe(401);
    const queries = prepare.mock.calls.map(([sql]) => sql);
    prepare.mockRestore();
    expect(queries.filter((sql) => !/^select/i.test(sql))).toEqual([]);
  });

  test("the challenge of a step-up is refused for a sign-in, and that of a link for a passkey of a session", async () => {
    const browser = await makeOwner("cross-purpose");
    const stepUp = await browser.send("POST", "/me/step-up/options", {});
    const response = await browser.authenticator.get(stepUp.body.options, ORIGIN);
    expect((await browser.send("POST", "/auth/passkey", { response })).status).toBe(401);
    expect((await browser.send("POST", "/me/step-up", { response })).status).toBe(200);
    const link = await manage("POST", `/users/${browser.userId}/recovery-links`, {});
    const input = { secret: link.body.url.split("#")[1], name: "Olga" };
    const begun = await browser.send("POST", "/auth/link/passkey/options", input);
    const other = await Browser.open();
    const created = await other.authenticator.create(begun.body.options, ORIGIN);
    const added = { label: "Phone", response: created };
    expect((await browser.send("POST", "/me/passkeys", added)).status).toBe(401);
    const used = { ...input, response: created };
    expect((await other.send("POST", "/auth/link/passkey", used)).status).toBe(200);
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
    for (const tampering of [
      { origin: "https://evil.test" },
      { flags: 0x01 },
      { rpId: "evil.test" },
    ]) {
      const browser = await Browser.open();
      const begun = await browser.send("POST", "/auth/link/passkey/options", { secret, name: "X" });
      const response = await browser.authenticator.create(begun.body.options, ORIGIN, tampering);
      const sent = { secret, name: "X", response };
      expect((await browser.send("POST", "/auth/link/passkey", sent)).status).toBe(401);
    }
  });

  test("passkeys can be added, renamed and removed, except for the last one", async () => {
    const browser = await makeOwner("passkeys");
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

test("removing both of two passkeys at once leaves one", async () => {
  const browser = await makeOwner("pk");
  const second = await Browser.open();
  const begun = await browser.send("POST", "/me/passkeys/options", {});
  const response = await second.authenticator.create(begun.body.options, "https://gateway.test");
  await browser.send("POST", "/me/passkeys", { label: "Phone", response });
  const items = (await browser.send("GET", "/me/passkeys")).body.items;
  await Promise.all(
    items.map((p: { id: string }) => browser.send("DELETE", `/me/passkeys/${p.id}`)),
  );
  const left = (await browser.send("GET", "/me/passkeys")).body.items.length;
  expect(left).toBe(1);
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
