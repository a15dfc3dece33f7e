import type { JWTPayload } from "jose";
import { expect } from "vitest";
import type { Browser } from "./browser.ts";
import { manage, type ApiResponse } from "./management-client.ts";
import { Issuer } from "./workload.ts";

export const CLIENT_ID = "gateway";

/** What a test changes of a sign-in at the company. */
export interface Changes {
  /** Makes the ID token instead of one with the claims. */
  makeIdToken?: (nonce: string) => Promise<string> | string;
  /** Of the callback address. */
  parameters?: Record<string, string>;
  /** Comes back with this cookie instead of that of the sign-in. */
  cookie?: string;
}

/** How a sign-in has ended: where the browser was sent, and the address with which it came back. */
export interface Ended {
  to: string;
  callback: string;
  cookie: string;
}

/** A company’s OpenID provider, and the workspace whose owner has set it up. */
export class Company {
  readonly issuer: Issuer;
  readonly slug: string;
  readonly owner: Browser;
  id = "";

  private constructor(slug: string, owner: Browser, issuer: Issuer) {
    this.slug = slug;
    this.owner = owner;
    this.issuer = issuer;
  }

  static async openIssuer(name: string): Promise<Issuer> {
    const issuer = await Issuer.open(name);
    await issuer.publish("/.well-known/openid-configuration", {
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/authorize`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/keys`,
      id_token_signing_alg_values_supported: ["none", "HS256", "ES256"],
      authorization_response_iss_parameter_supported: true,
    });
    return issuer;
  }

  /** Sets the sign-in up and switches it on. */
  static async open(slug: string, owner: Browser, settings = {}): Promise<Company> {
    const company = new Company(slug, owner, await Company.openIssuer(`company-${slug}`));
    const made = await owner.send("POST", company.path, {
      name: "Acme",
      issuer: company.issuer.url,
      clientId: CLIENT_ID,
      clientSecret: "provider-secret-value",
      settings,
    });
    if (made.status !== 201) throw new Error(made.text);
    company.id = made.body.id;
    await company.patch({ isEnabled: true });
    return company;
  }

  get path() {
    return `/workspaces/${this.slug}/identity-issuers`;
  }

  async patch(patch: object): Promise<ApiResponse> {
    const changed = await this.owner.send("PATCH", `${this.path}/${this.id}`, patch);
    if (changed.status !== 200) throw new Error(changed.text);
    return changed;
  }

  /** Signs a person in from the sign-in page. The session is the browser’s then. */
  async signIn(browser: Browser, claims: JWTPayload, changes: Changes = {}): Promise<Ended> {
    return this.finish(browser, "/auth/company", { workspace: this.slug }, claims, changes);
  }

  /** Begins with a request of the dashboard, and comes back from the provider. */
  async finish(
    browser: Browser,
    path: string,
    body: object,
    claims: JWTPayload,
    changes: Changes = {},
  ): Promise<Ended> {
    const session = browser.cookie;
    const begun = await browser.send("POST", path, body);
    if (begun.status !== 200) throw new Error(begun.text);
    const kept = browser.cookie;
    browser.cookie = session;
    const query = new URL(begun.body.to).searchParams;
    const nonce = query.get("nonce") ?? "";
    const idToken = changes.makeIdToken
      ? await changes.makeIdToken(nonce)
      : await this.issuer.sign({ aud: CLIENT_ID, nonce, ...claims });
    const tokens = { access_token: "at", token_type: "Bearer", id_token: idToken };
    await this.issuer.publish("/token", tokens);
    const parameters = new URLSearchParams({
      code: "c1",
      state: query.get("state") ?? "",
      iss: this.issuer.url,
      ...changes.parameters,
    });
    const callback = `/auth/company/callback?${parameters.toString()}`;
    const cookie = [session, changes.cookie ?? kept].filter(Boolean).join("; ");
    return { to: await comeBack(browser, callback, cookie), callback, cookie };
  }
}

/** Opens the callback address as a browser does, and keeps the session cookie. Returns where it is sent. */
export async function comeBack(browser: Browser, path: string, cookie: string): Promise<string> {
  const answer = await manage("GET", path, undefined, { headers: { cookie }, redirect: "manual" });
  expect(answer.status).toBe(303);
  const session = answer.headers.getSetCookie().find((set) => set.startsWith("__Host-mng_s="));
  if (session) browser.cookie = session.split(";")[0] ?? "";
  if (session) await browser.send("GET", "/me");
  return answer.headers.get("location") ?? "";
}
