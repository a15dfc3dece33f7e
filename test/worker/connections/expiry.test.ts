import { describe, expect, inject, test } from "vitest";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { manage, type Json } from "../support/management-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY = 86_400;

/** Such as "4 December 2026". */
const toDay = (at: number) =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at);

describe("the end of a sign-in is foretold", () => {
  test("by what providers say of the refresh token, once a refresh has not prolonged it", async () => {
    const server = await ProtectedServer.add("exp-fixed");
    for (const name of ["x_refresh_token_expires_in", "refresh_expires_in"]) {
      await server.control({ tokenMembers: { [name]: 60 } });
      await server.connect();
      expect((await server.state()).end).toMatchObject({ kind: "sign_in" });
    }
    const lasts = (seconds: number) =>
      server.control({ tokenMembers: { refresh_token_expires_in: seconds } });
    await lasts(10 * DAY);
    await server.connect();
    expect([await server.notices(), (await server.state()).end]).toEqual([[], null]);
    await lasts(10 * DAY - 50 * 60);
    await later(50 * MINUTE_MS, async () => {
      await server.call();
      await expect.poll(async () => (await server.state()).end).not.toBeNull();
      const { at, kind } = (await server.state()).end;
      const [notice] = await server.notices();
      expect([kind, notice]).toEqual([
        "sign_in",
        expect.objectContaining({ kind: "sign_in", state: "expires", at, declaredBy: null }),
      ]);
      expect(notice?.message).toContain(`ends on ${toDay(at)}, as the provider says`);
    });
  });

  test("not while each refresh prolongs it, but when nothing refreshes it any more", async () => {
    const tokenMembers = { refresh_token_expires_in: 10 * DAY };
    const server = await ProtectedServer.connected("exp-sliding", { tokenMembers });
    await later(50 * MINUTE_MS, async () => {
      await server.call();
      await expect.poll(async () => (await server.stats()).refreshes).toBe(1);
      expect(await server.notices()).toEqual([]);
    });
    await later(3 * DAY_MS, async () =>
      expect(await server.notices()).toEqual([expect.objectContaining({ state: "expires" })]),
    );
  });

  test("from the access token where there is no refresh token", async () => {
    const settings = { hasRefreshTokens: false, expiresIn: 30 * DAY };
    const server = await ProtectedServer.connected("exp-access", settings);
    expect(await server.notices()).toEqual([]);
    await later(17 * DAY_MS, async () =>
      expect(await server.notices()).toEqual([expect.objectContaining({ state: "expires" })]),
    );
    await later(31 * DAY_MS, async () => {
      await server.call();
      const [notice, ...others] = await server.notices();
      expect([notice, others]).toEqual([
        expect.objectContaining({ state: "failing", reason: "expired", people: 0, tokens: 1 }),
        [],
      ]);
      expect(notice?.message).toContain("An owner or admin can connect it again");
    });
  });

  test("from the secret of the gateway’s registration, which the next sign-in renews", async () => {
    const endsAt = Math.floor(Date.now() / 1000) + 5 * DAY;
    const server = await ProtectedServer.connected("exp-client", {
      metadata: { token_endpoint_auth_methods_supported: ["client_secret_basic"] },
      clientMembers: { client_secret: "secret-1", client_secret_expires_at: endsAt },
    });
    expect((await server.state()).end).toEqual({ at: endsAt * 1000, kind: "client_secret" });
    const [notice] = await server.notices();
    expect(notice).toMatchObject({ kind: "client_secret", state: "expires" });
    await server.control({
      clientMembers: { client_secret: "secret-2", client_secret_expires_at: 0 },
    });
    await server.connect();
    expect([await server.notices(), (await server.stats()).registrations]).toEqual([[], 2]);
  });
});

describe("the stated end of a secret header", () => {
  test("is in the workspace’s health with its author and the callers that it affects, and not for members", async () => {
    const owner = await makeOwner("exp-header");
    await owner.stepUp();
    const path = "/workspaces/exp-header";
    const add = (slug: string, days: number) =>
      owner.send("POST", `${path}/servers`, {
        slug,
        url: `${inject("hostileUrl")}/ok/exp-header-${slug}`,
        credentials: { "x-key": "secret-value-1234" },
        credentialsExpireAt: { "x-key": Date.now() + days * DAY_MS },
      });
    await add("soon", 5);
    await add("late", 20);
    await add("over", -2);
    const { browser, memberId } = await makeJoinedUser("exp-header", "member");
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["soon:*", "over:*"] });
    const notices = async (reader = owner) => {
      const { items } = (await reader.send("GET", `${path}/health`)).body;
      return items.map(({ slug, credentials }: Json) => [slug, credentials]);
    };
    const at = expect.any(Number);
    const common = { kind: "header", header: "x-key", reason: null, at, tokens: 0 };
    const declaredBy = { id: owner.userId, name: "Olga", hasLeft: false };
    const message = expect.stringMatching(
      /^The credential "x-key" expire(s|d) on \d+ \w+ \d{4}\. /,
    );
    expect(await notices()).toEqual([
      ["soon", [{ ...common, state: "expires", message, declaredBy, people: 1 }]],
      ["late", []],
      ["over", [{ ...common, state: "expired", message, declaredBy, people: 1 }]],
    ]);
    expect(await notices(browser)).toEqual([
      ["soon", []],
      ["over", []],
    ]);
  });
});
