import { inject } from "vitest";
import { callSecret, makeToken } from "./account-holder.ts";
import { Browser } from "./browser.ts";
import { comeBack } from "./company.ts";
import { change } from "./gateway-client.ts";
import type { Json } from "./management-client.ts";
import { ProtectedServer } from "./protected-server.ts";

/** The gateway as a client of the provider, and of the server's authorization server. */
const CLIENT = { id: "mcpnest", secret: "exchanging-provider-secret" };
const THERE = { id: "mcpnest-there", secret: "secret-there" };

/** A workspace whose company's provider exchanges ID tokens, with a server whose authorization server accepts its assertions. */
export class ExchangingCompany {
  readonly server: ProtectedServer;
  readonly slug: string;
  readonly issuerPath: string;

  private constructor(server: ProtectedServer, issuerPath: string) {
    this.server = server;
    this.slug = server.slug;
    this.issuerPath = issuerPath;
  }

  /** The owner has connected an account, and has entered the gateway's client there. `perPerson`: changes to the server's. */
  static async open(slug: string, perPerson: object = { byCompany: true }) {
    const issuer = inject("exchangingUrl");
    const trusted = { issuer, clientId: THERE.id, clientSecret: THERE.secret };
    const grant_types_supported = ["urn:ietf:params:oauth:grant-type:jwt-bearer"];
    const server = await ProtectedServer.add(
      slug,
      { trusted, metadata: { grant_types_supported }, account: "olga" },
      { perPerson: { kind: "sign_in", ...perPerson } },
    );
    const { status, text } = await server.connect({ client: THERE });
    if (status !== 303) throw new Error(text);
    const made = await server.owner.send("POST", `/workspaces/${slug}/identity-issuers`, {
      name: "Acme",
      issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      settings: { createsMembers: true, emailDomains: ["acme.example"] },
    });
    if (made.status !== 201) throw new Error(made.text);
    const path = `/workspaces/${slug}/identity-issuers/${made.body.id}`;
    await server.owner.send("PATCH", path, { isEnabled: true });
    return new ExchangingCompany(server, path);
  }

  /** Changes the provider. */
  async control(settings: object): Promise<void> {
    const init = { method: "POST", body: JSON.stringify(settings) };
    await (await fetch(`${inject("exchangingUrl")}/control`, init)).text();
  }

  async exchanges(): Promise<Json[]> {
    return (await fetch(`${inject("exchangingUrl")}/exchanges`)).json();
  }

  /** Signs a person in at the provider's page, in a new browser. */
  async signIn(account: string): Promise<Browser> {
    const browser = await Browser.open();
    const begun = await browser.send("POST", "/auth/company", { workspace: this.slug });
    if (begun.status !== 200) throw new Error(begun.text);
    const kept = browser.cookie;
    browser.cookie = "";
    const back = await signInAt(begun.body.to, account);
    await comeBack(browser, `/auth/company/callback${back.search}`, kept);
    return browser;
  }

  /** A client of the person's own token. */
  async openClient(browser: Browser) {
    const { body } = await browser.send("GET", `/workspaces/${this.slug}/me`);
    await change(this.slug, { type: "member.rules", id: body.id, rules: ["guarded:*"] });
    const client = { slug: this.slug, token: await makeToken(this.server, body.id) };
    return { memberId: String(body.id), client, call: () => callSecret(client) };
  }
}

/** Follows the provider to the callback address of the gateway, through its page. */
async function signInAt(to: string, account: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = new URL(to);
  let init: RequestInit = {};
  let sent: Record<string, string> = {};
  for (let step = 0; step < 10; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: { cookie, ...sent },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get("location");
    if (location) {
      url = new URL(location, url);
      init = {};
      sent = {};
    } else {
      const action = /action="([^"]+)"/.exec(text)?.[1];
      if (action === undefined) throw new Error(`${response.status} ${text.slice(0, 300)}`);
      url = new URL(action, url);
      const body = new URLSearchParams({ prompt: "login", login: account, password: "any" });
      sent = { "content-type": "application/x-www-form-urlencoded" };
      init = { method: "POST", body: body.toString() };
    }
    if (url.pathname === "/api/auth/company/callback") return url;
  }
  throw new Error("the provider does not lead back");
}
