import { createHash, randomBytes } from "node:crypto";
import type { Browser } from "./browser.ts";
import { HOST, readMessage, send } from "./gateway-client.ts";
import type { Json } from "./management-client.ts";

const ORIGIN = `https://${HOST}`;
export const REDIRECT = "http://127.0.0.1:33418/callback";

let opened = 0;

/** An MCP client that signs its person in (OAuth 2.1 with PKCE). Each has a separate address. */
export class OauthClient {
  readonly slug: string;
  clientId = "";
  accessToken = "";
  refreshToken = "";
  #verifier = "";
  readonly #address = `203.0.${113 + (++opened >> 8)}.${opened & 255}`;

  constructor(slug: string) {
    this.slug = slug;
  }

  /** A client that has registered, and for which the user of `browser` has signed in. */
  static async signedIn(slug: string, browser: Browser, tools: string[] | null = null) {
    const client = new OauthClient(slug);
    await client.register();
    await client.signIn(browser, tools);
    return client;
  }

  /** Sends a request without a cookie, from this client's address. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cf-connecting-ip", this.#address);
    return send(path, { ...init, headers });
  }

  /** Registers (RFC 7591); returns the response's status and body. */
  async register(metadata: Record<string, unknown> = {}): Promise<{ status: number; body: Json }> {
    const response = await this.fetch("/oauth/register", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_name: "Test client",
        redirect_uris: [REDIRECT],
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        ...metadata,
      }),
    });
    const body: Json = await response.json();
    this.clientId = body.client_id ?? "";
    return { status: response.status, body };
  }

  /** The query of an authorization request. */
  toQuery(changes: Record<string, string | null> = {}): string {
    this.#verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(this.#verifier).digest("base64url");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: REDIRECT,
      state: "st",
      code_challenge: challenge,
      code_challenge_method: "S256",
      resource: `${ORIGIN}/mcp/${this.slug}`,
    });
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return query.toString();
  }

  /** The browser's user allows the client; returns the address that the browser goes to. */
  async consent(browser: Browser, tools: string[] | null = null, query = this.toQuery()) {
    const answer = { decision: "allow", query, workspace: this.slug, tools };
    const { status, body, text } = await browser.send("POST", "/oauth/authorization", answer);
    if (status !== 200) throw new Error(text);
    return new URL(body.to);
  }

  /** Signs in anew: consent, code, tokens. */
  async signIn(browser: Browser, tools: string[] | null = null): Promise<void> {
    const to = await this.consent(browser, tools);
    const { status, body } = await this.redeem(to.searchParams.get("code") ?? "");
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** Redeems a code. */
  redeem(code: string, changes: Record<string, string> = {}) {
    return this.requestTokens({
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT,
      code_verifier: this.#verifier,
      ...changes,
    });
  }

  /** Refreshes the access. */
  refresh(refreshToken = this.refreshToken, changes: Record<string, string> = {}) {
    return this.requestTokens({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      ...changes,
    });
  }

  /** Gives up a token (RFC 7009). */
  async revoke(token: string): Promise<number> {
    return (await this.#post({ token })).status;
  }

  async requestTokens(form: Record<string, string>): Promise<{ status: number; body: Json }> {
    const response = await this.#post(form);
    const body: Json = await response.json();
    this.accessToken = body.access_token ?? this.accessToken;
    this.refreshToken = body.refresh_token ?? this.refreshToken;
    return { status: response.status, body };
  }

  #post(form: Record<string, string>): Promise<Response> {
    return this.fetch("/oauth/token", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ client_id: this.clientId, ...form }).toString(),
    });
  }

  /** Sends a legacy MCP request. `base`: the address; `session`: an `Mcp-Session-Id`. */
  async rpc(
    method: string,
    params: Record<string, unknown> = {},
    { token = this.accessToken, base = "/mcp", server = "", session = "" } = {},
  ) {
    const response = await this.fetch(`${base}/${this.slug}${server}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...(session === "" ? {} : { "mcp-session-id": session }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return {
      status: response.status,
      headers: response.headers,
      message: await readMessage(response),
    };
  }

  /** The status of a call of the tool `echo`. */
  async statusOfCall(token = this.accessToken): Promise<number> {
    return (await this.rpc("tools/call", { name: "echo", arguments: {} }, { token })).status;
  }
}
