import { afterEach, describe, expect, test } from "vitest";
import { later } from "../support/clock.ts";
import { ExchangingCompany } from "../support/exchanging-company.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

const DEFAULTS = { idTokenSeconds: 3_600, hasRefreshTokens: true, revoked: [] };

let last: ExchangingCompany | undefined;
const open = async (...parameters: Parameters<typeof ExchangingCompany.open>) =>
  (last = await ExchangingCompany.open(...parameters));

afterEach(() => last?.control(DEFAULTS));

describe("an account by the company’s sign-in", () => {
  test("serves a member’s first call without consent, for this member, server and resource", async () => {
    const company = await open("ca-first");
    const { server, slug } = company;
    const consents = (await server.stats()).authorizations.length;
    const ada = await company.openClient(await company.signIn("ada-first"));
    const ben = await company.openClient(await company.signIn("ben-first"));
    for (const person of [ada, ben, ada]) expect(await person.call()).toBe("ok");
    const { callers, authorizations, tokenForms } = await server.stats();
    expect(callers).toEqual(["ada-first", "ben-first", "ada-first"]);
    expect(authorizations.length).toBe(consents);
    expect(tokenForms.at(-1)).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      resource: `${server.base}/mcp`,
    });
    const asked = (await company.exchanges()).filter(
      ({ audience }: Json) => audience === `${server.base}/as`,
    );
    expect(asked).toMatchObject([
      { resource: `${server.base}/mcp`, scope: "read write" },
      { resource: `${server.base}/mcp` },
    ]);
    const { body } = await manage("GET", `/workspaces/${slug}/audit-events`);
    const sentences = body.items.map(({ summary }: Json) => summary);
    expect(sentences).toContainEqual(
      expect.stringMatching(/access token for “ada-first” .* by the company’s sign-in/),
    );
    expect(JSON.stringify(body)).not.toMatch(/at-[0-9a-f]{24}|eyJ/);
    const { results } = await bindings.DB.prepare("SELECT * FROM company_tokens").all();
    expect(JSON.stringify(results)).not.toContain("eyJ");
  });

  test("is renewed by the provider when its token has ended, which also takes it back", async () => {
    const company = await open("ca-renew");
    // Each ID token ends before it can be used again.
    await company.control({ idTokenSeconds: 20 });
    await company.server.control({ expiresIn: 60 });
    const ada = await company.openClient(await company.signIn("ada-renew"));
    expect(await ada.call()).toBe("ok");
    await company.server.forgetAccessTokens();
    expect(await ada.call()).not.toBe("ok");
    expect(await ada.call()).toBe("ok");
    await company.control({ revoked: ["ada-renew"] });
    await company.server.forgetAccessTokens();
    await ada.call();
    const refused = await ada.call();
    expect(refused).toContain("The company’s provider gave no identity assertion");
    expect(refused).toContain("/w/ca-renew/accounts?server=guarded");
    await company.control({ revoked: [] });
    await later(11_000, async () => expect(await ada.call()).toBe("ok"));
  });

  test("is left to the person’s consent, with the reason, when the company’s sign-in cannot give it", async () => {
    const company = await open("ca-refused");
    const { server, issuerPath } = company;
    const page = "/w/ca-refused/accounts?server=guarded";
    await company.control({ idTokenSeconds: 20, hasRefreshTokens: false });
    const old = await company.openClient(await company.signIn("old-refused"));
    const tooOld = await old.call();
    expect(tooOld).toContain("too old for this server");
    expect(tooOld).toContain(page);
    await company.control(DEFAULTS);
    const ada = await company.openClient(await company.signIn("ada-refused"));
    await server.control({ trusted: null });
    expect(await ada.call()).toContain("did not accept the company’s sign-in");
    await server.control({ metadata: {} });
    await later(11_000, async () =>
      expect(await ada.call()).toContain("does not accept identity assertions"),
    );
    await manage("PATCH", issuerPath, { isEnabled: false });
    await later(22_000, async () => {
      const off = await ada.call();
      expect(off).toContain("sign in to the dashboard with the company’s account");
      expect(off).toContain(page);
    });
  });

  test("exists only where an admin has switched it on, and its tokens go with the member", async () => {
    const company = await open("ca-off", {});
    const ada = await company.openClient(await company.signIn("ada-off"));
    const count = async () => {
      const rows = bindings.DB.prepare("SELECT 1 FROM company_tokens WHERE subject = 'ada-off'");
      return (await rows.all()).results.length;
    };
    expect(await count()).toBe(0);
    expect(await ada.call()).toContain("/w/ca-off/accounts?server=guarded");
    const perPerson = { kind: "sign_in", byCompany: true };
    const changed = await manage("PATCH", company.server.path, { perPerson });
    expect([changed.status, changed.text]).toEqual([200, expect.stringContaining("byCompany")]);
    expect(await ada.call()).toContain("sign in to the dashboard with the company’s account");
    await company.signIn("ada-off");
    await later(11_000, async () => expect(await ada.call()).toBe("ok"));
    expect(await count()).toBe(1);
    await manage("DELETE", `/workspaces/ca-off/members/${ada.memberId}`, {});
    await expect.poll(count).toBe(0);
  });
});
