import { describe, expect, test } from "vitest";
import { later } from "../support/clock.ts";
import { change, waitForRows } from "../support/gateway-client.ts";
import type { Json } from "../support/management-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";
import { crash } from "../support/workspace-object.ts";

const MINUTE_MS = 60_000;

describe("the tokens of a sign-in", () => {
  test("are renewed before they expire, once for all calls, with the new refresh token each time", async () => {
    const server = await ProtectedServer.connected("ref-ahead");
    await later(50 * MINUTE_MS, async () => {
      const calls = await Promise.all([server.call(), server.call(), server.call()]);
      expect(calls).toEqual(["ok", "ok", "ok"]);
      await expect.poll(async () => (await server.stats()).refreshes).toBe(1);
    });
    await later(100 * MINUTE_MS, async () => expect(await server.call()).toBe("ok"));
    await expect.poll(async () => (await server.stats()).refreshes).toBe(2);
    const { tokenForms } = await server.stats();
    expect(new Set(tokenForms.map((form: Json) => form.refresh_token)).size).toBe(3);
  });

  test("are renewed for a call that the server refuses by a challenge, which is sent once more", async () => {
    const server = await ProtectedServer.connected("ref-401");
    await server.forgetAccessTokens();
    expect(await server.call()).toBe("ok");
    expect(await server.stats()).toMatchObject({ refreshes: 1, calls: 1 });
    const [row] = await waitForRows("ref-401", 1);
    expect(row).toMatchObject({ status: "ok", resendReason: "token_refused" });
  });

  test("are not renewed for a 401 that answers the call, which the server has read", async () => {
    const server = await ProtectedServer.connected("ref-read");
    await server.control({ answersWith401: true, refusesTokens: true });
    expect(await server.call()).toContain("Refused");
    expect(await server.stats()).toMatchObject({ refreshes: 0 });
  });

  test("are renewed by one request for fifty calls at once, with several tokens, when they have expired", async () => {
    const server = await ProtectedServer.connected("ref-once");
    const { token } = await change(server.slug, { type: "token.create", input: { label: "two" } });
    await later(2 * 60 * MINUTE_MS, async () => {
      const clients = [server.client, { slug: server.slug, token }];
      const calls = Array.from({ length: 50 }, (_, i) => server.call(clients[i % 2]));
      expect(new Set(await Promise.all(calls))).toEqual(new Set(["ok"]));
    });
    expect(await server.stats()).toMatchObject({ refreshes: 1, calls: 50 });
  });

  test("last through a crash, and a refresh whose answer was lost is named", async () => {
    const server = await ProtectedServer.connected("ref-crash");
    await later(50 * MINUTE_MS, async () => {
      const { expiresAt } = await server.state();
      await server.call();
      await expect.poll(async () => (await server.state()).expiresAt).toBeGreaterThan(expiresAt);
      expect(await server.stats()).toMatchObject({ refreshes: 1 });
      await crash(server.slug);
      // The pair of the refresh is the one that is used: that before is not accepted any more.
      await server.forgetAccessTokens();
      expect(await server.call()).toBe("ok");
      expect(await server.stats()).toMatchObject({ refreshes: 2 });
    });
    await server.control({ losesAnswers: true });
    await later(3 * 60 * MINUTE_MS, async () => {
      expect(await server.call()).toContain("does not answer");
      await crash(server.slug);
      await server.control({ losesAnswers: false });
      expect(await server.call()).toContain("needs a new sign-in");
      expect(await server.state()).toMatchObject({
        state: "needs_sign_in",
        reason: "rotated_elsewhere",
      });
    });
    await server.connect();
    expect(await server.call()).toBe("ok");
  });

  test("outlast an authorization server that is down", async () => {
    const server = await ProtectedServer.connected("ref-down");
    await server.control({ tokenError: { status: 503 } });
    await later(50 * MINUTE_MS, async () => {
      expect(await server.call()).toBe("ok");
      await expect.poll(async () => (await server.state()).providerDownSince).not.toBeNull();
      expect(await server.state()).toMatchObject({ state: "connected" });
    });
    await later(61 * MINUTE_MS, async () => {
      expect(await server.call()).toContain("does not answer");
      await server.control({ tokenError: null });
    });
    await later(62 * MINUTE_MS, async () => {
      expect(await server.call()).toBe("ok");
      expect(await server.state()).toMatchObject({ state: "connected", providerDownSince: null });
    });
  });
});

describe("a sign-in that has ended", () => {
  const grant = (error_description: string) => ({ error: "invalid_grant", error_description });
  const causes: [string, object][] = [
    ["expired", grant("Refresh token expired")],
    ["revoked", grant("Token revoked by the user")],
    ["refresh_token_reused", grant("Refresh token has already been used")],
    ["password_changed", grant("Password was changed")],
    ["account_gone", grant("The user account is disabled")],
    ["clock_skew", grant("iat is in the future")],
    ["wrong_audience", { error: "invalid_target" }],
    ["scope_reduced", { error: "invalid_scope" }],
    ["client_deleted", { error: "invalid_client" }],
  ];

  test("is named by what the authorization server says, and stays so until a new one", async () => {
    const server = await ProtectedServer.connected("ref-named");
    for (const [reason, error] of causes) {
      await server.control({ tokenError: { status: 400, ...error } });
      await server.forgetAccessTokens();
      const { error: failure } = await server.check();
      expect([reason, failure.code]).toEqual([reason, "needs_sign_in"]);
      const state = await server.state();
      expect([state.state, state.reason, state.message]).toEqual([
        "needs_sign_in",
        reason,
        failure.message,
      ]);
      expect(await server.call()).toContain("needs a new sign-in");
      await server.control({ tokenError: null });
      await server.connect();
      expect(await server.state()).toMatchObject({ state: "connected", reason: null });
    }
    // The gateway has registered anew where it was not known any more.
    expect(await server.stats()).toMatchObject({ registrations: 2 });
  });

  test("is named by the server’s words when it refuses a token that is new, and by its metadata", async () => {
    const server = await ProtectedServer.connected("ref-words");
    const words: [string, object][] = [
      ["wrong_audience", { refusal: "Wrong audience" }],
      ["revoked", { refusal: "No" }],
      ["issuer_changed", { resource: { authorization_servers: [`${server.base}2/as`] } }],
    ];
    await server.control({ refusesTokens: true });
    for (const [reason, settings] of words) {
      await server.control(settings);
      const { error } = await server.check();
      expect([error.code, (await server.state()).reason]).toEqual(["needs_sign_in", reason]);
    }
    // None of these is final: the next check finds out.
    await server.control({ refusesTokens: false });
    expect((await server.check()).error).toBeNull();
    expect(await server.state()).toMatchObject({ state: "connected" });
  });

  test("without a refresh token is shown as ended when the server refuses its token, until a check finds it accepted", async () => {
    const server = await ProtectedServer.connected("ref-final", { hasRefreshTokens: false });
    await server.control({ refusesTokens: true });
    const refused = await server.call();
    expect(refused).toContain("The sign-in was revoked at the provider. The server");
    expect(refused).toContain("needs a new sign-in");
    expect(await server.state()).toMatchObject({ state: "needs_sign_in", reason: "revoked" });
    expect(await server.notices()).toMatchObject([{ state: "failing", reason: "revoked" }]);
    await server.control({ refusesTokens: false });
    expect((await server.check()).error).toBeNull();
    expect(await server.state()).toMatchObject({ state: "connected", reason: null });
    expect(await server.call()).toBe("ok");
  });

  test("without a refresh token ends when its token expires", async () => {
    const server = await ProtectedServer.connected("ref-none", { hasRefreshTokens: false });
    await later(61 * MINUTE_MS, async () => {
      expect(await server.call()).toContain("needs a new sign-in");
      expect(await server.state()).toMatchObject({ state: "needs_sign_in", reason: "expired" });
    });
  });
});
