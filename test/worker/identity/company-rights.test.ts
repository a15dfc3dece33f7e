import { describe, expect, test } from "vitest";
import { digestSecret } from "../../../workers/identity/random-secrets.ts";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { Company } from "../support/company.ts";
import { bindings, rpc } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const SETTINGS = {
  createsMembers: true,
  requiredClaims: [{ claim: "tid", values: ["acme"] }],
};
const ADA = { sub: "ada", name: "Ada", tid: "acme" };

async function openCompany(slug: string, settings: object = SETTINGS): Promise<Company> {
  return Company.open(slug, await makeOwner(slug), settings);
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.send("GET", "/me")).status === 200;
}

const memberIdOf = async (browser: Browser): Promise<string> =>
  (await browser.send("GET", "/me")).body.memberships[0].memberId;

describe("an identity of a company", () => {
  test("has the required claims at every sign-in, and where it accepts an invitation or is connected", async () => {
    const company = await openCompany("rights-claims");
    const browser = await Browser.open();
    const elsewhere = { ...ADA, tid: "private" };
    expect((await company.signIn(browser, ADA)).to).toBe("/w/rights-claims");
    expect((await company.signIn(browser, elsewhere)).to).toContain("problem=claims");
    const { browser: ben } = await makeJoinedUser("rights-claims", "member", "Ben");
    const connect = { workspace: "rights-claims" };
    const connected = (tid: string) =>
      company.finish(ben, "/me/company", connect, { sub: "ben", name: "Ben", tid });
    expect((await connected("private")).to).toBe("/account?problem=claims");
    expect((await connected("acme")).to).toBe("/account?bound=true");
    const path = "/workspaces/rights-claims/invitations";
    const { body } = await manage("POST", path, { name: "Cleo", role: "admin" });
    const link = { secret: body.url.split("#")[1], name: "Cleo" };
    const joined = (tid: string) => {
      const asked = { workspace: "rights-claims", link };
      const cleo = { sub: "cleo", name: "Cleo", tid };
      return Browser.open().then((by) => company.finish(by, "/auth/company", asked, cleo));
    };
    expect((await joined("private")).to).toContain("problem=claims");
    expect((await joined("acme")).to).toBe("/w/rights-claims/connect?welcome=true");
    const overage = { ...ADA, sub: "dan", _claim_names: { groups: "src1" } };
    await company.patch({
      settings: {
        ...SETTINGS,
        groupsClaim: "groups",
        mappings: [{ group: "it", teamId: null, role: "admin" }],
      },
    });
    const invited = await manage("POST", path, { name: "Dan" });
    const asked = {
      workspace: "rights-claims",
      link: { secret: invited.body.url.split("#")[1], name: "Dan" },
    };
    const by = await Browser.open();
    const ended = await company.finish(by, "/auth/company", asked, overage);
    expect(ended.to).toContain("problem=groups_overage");
  });

  test("of a removed member does not come back by itself, and by an invitation it does", async () => {
    const company = await openCompany("rights-removed");
    const browser = await Browser.open();
    await company.signIn(browser, ADA);
    const members = "/workspaces/rights-removed/members";
    await manage("DELETE", `${members}/${await memberIdOf(browser)}`);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await company.signIn(browser, ADA)).to).toContain("problem=removed");
    expect((await manage("GET", members)).body.items).toHaveLength(1);
    const invited = await manage("POST", "/workspaces/rights-removed/invitations", { name: "Ada" });
    const link = { secret: invited.body.url.split("#")[1], name: "Ada" };
    const asked = { workspace: "rights-removed", link };
    const back = await company.finish(await Browser.open(), "/auth/company", asked, ADA);
    expect(back.to).toBe("/w/rights-removed/connect?welcome=true");
    expect((await company.signIn(await Browser.open(), ADA)).to).toBe("/w/rights-removed");
  });

  test("keeps its role and teams while the workspace reads no groups, and mappings need the claim", async () => {
    const mappings = [{ group: "it", teamId: null, role: "admin" }];
    const settings = { ...SETTINGS, groupsClaim: "groups", mappings };
    const company = await openCompany("rights-groups", settings);
    const browser = await Browser.open();
    await company.signIn(browser, { ...ADA, groups: ["it"] });
    const emptied = { settings: { ...settings, groupsClaim: null } };
    const refused = await company.owner.send("PATCH", `${company.path}/${company.id}`, emptied);
    expect(refusalOf(refused)).toContain("settings.groupsClaim");
    await company.patch({ settings: { ...settings, groupsClaim: null, mappings: [] } });
    await company.signIn(browser, { ...ADA, groups: ["it"] });
    expect((await browser.send("GET", "/me")).body.memberships[0].role).toBe("admin");
  });

  test("loses its other sessions when its groups give another role", async () => {
    const mappings = [{ group: "it", teamId: null, role: "admin" }];
    const company = await openCompany("rights-role", { ...SETTINGS, groupsClaim: "g", mappings });
    const [first, second] = [await Browser.open(), await Browser.open()];
    await company.signIn(first, { ...ADA, g: ["it"] });
    await company.signIn(second, { ...ADA, g: ["it"] });
    expect(await isSignedIn(first)).toBe(true);
    await company.signIn(second, { ...ADA, g: [] });
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true]);
  });

  test("has its address only if the provider does not say that it is unverified", async () => {
    const company = await openCompany("rights-address");
    const unverified = { ...ADA, email: "olga@acme.example", email_verified: false };
    await company.signIn(await Browser.open(), unverified);
    const { body } = await manage("GET", "/workspaces/rights-address/members");
    const ada = body.items.find(({ name }: Json) => name === "Ada");
    expect(ada.email).toBeNull();
  });

  test("that is refused again and again is in the log once a minute", async () => {
    const company = await openCompany("rights-log");
    const browser = await Browser.open();
    for (let n = 0; n < 3; n++) await company.signIn(browser, { ...ADA, tid: "x" });
    await company.signIn(browser, { ...ADA, sub: "eve", tid: "x" });
    const path = "/workspaces/rights-log/audit-events?action=company_sign_in.refused";
    const { items } = (await manage("GET", path)).body;
    expect(items.map(({ detail }: Json) => detail.identity.subject).toSorted()).toEqual([
      "ada",
      "eve",
    ]);
  });
});

describe("a session by the company’s sign-in", () => {
  test("is not found by its secret's plain digest, by which the release before looks", async () => {
    const company = await openCompany("rights-digest");
    const browser = await Browser.open();
    await company.signIn(browser, ADA);
    const secret = browser.cookie.slice(browser.cookie.indexOf("=") + 1);
    const find = async (of: string) =>
      bindings.DB.prepare("SELECT id FROM sessions WHERE digest = ?")
        .bind(await digestSecret(of))
        .first();
    expect(await find(secret)).toBeNull();
    expect(await isSignedIn(browser)).toBe(true);
    const owner = company.owner.cookie;
    expect(await find(owner.slice(owner.indexOf("=") + 1))).not.toBeNull();
  });

  test("ends with the provider, and its temporary tokens with it", async () => {
    const company = await openCompany("rights-temporary");
    const browser = await Browser.open();
    await company.signIn(browser, ADA);
    const path = "/workspaces/rights-temporary/me/temporary-tokens";
    const { token } = (await browser.send("POST", path)).body;
    const list = async () =>
      (await rpc({ slug: "rights-temporary", token }, "tools/list")).response.status;
    expect(await list()).toBe(200);
    await company.patch({ isEnabled: false });
    expect(await list()).toBe(401);
  });
});

describe("changes of a company’s sign-in", () => {
  test("at the same time keep each other's fields: one that is switched off stays off", async () => {
    const company = await openCompany("rights-patch");
    for (let n = 0; n < 5; n++) {
      await company.patch({ isEnabled: true });
      await Promise.all([
        company.patch({ isEnabled: false }),
        company.patch({ name: `Acme ${n}` }),
        company.patch({ settings: SETTINGS }),
      ]);
      const { items } = (await company.owner.send("GET", company.path)).body;
      expect(items).toMatchObject([{ isEnabled: false, name: `Acme ${n}` }]);
    }
  });
});
