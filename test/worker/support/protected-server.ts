import { inject } from "vitest";
import { makeOwner, type Browser } from "./browser.ts";
import { callTool, change, send, type Client } from "./gateway-client.ts";
import { manage, type Json } from "./management-client.ts";

/** A workspace with a server that wants a sign-in, its owner, and the authorization server in a fixture. */
export class ProtectedServer {
  readonly slug: string;
  readonly owner: Browser;
  readonly path: string;
  readonly client: Client;
  /** Below it are the server and its authorization server. */
  readonly base: string;

  private constructor(slug: string, owner: Browser, token: string, base: string) {
    this.slug = slug;
    this.owner = owner;
    this.path = `/workspaces/${slug}/servers/guarded`;
    this.client = { slug, token };
    this.base = base;
  }

  /** Adds the server. `settings`: of the fixture; `input`: of the server. */
  static async add(
    slug: string,
    settings: object = {},
    input: object = {},
    base = `${inject("protectedUrl")}/${slug}`,
  ): Promise<ProtectedServer> {
    const owner = await makeOwner(slug);
    const { token } = await change(slug, { type: "token.create", input: { label: "test" } });
    const made = new ProtectedServer(slug, owner, token, base);
    await made.control(settings);
    const url = `${made.base}/mcp`;
    await owner.send("POST", `/workspaces/${slug}/servers`, { slug: "guarded", url, ...input });
    return made;
  }

  /** Adds the server, and the owner connects it. */
  static async connected(slug: string, settings: object = {}): Promise<ProtectedServer> {
    const made = await ProtectedServer.add(slug, settings);
    const { status, text } = await made.connect();
    if (status !== 303) throw new Error(text);
    return made;
  }

  /** Changes the fixture. */
  async control(settings: object): Promise<void> {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(settings) };
    await (await fetch(`${this.base}/control`, init)).text();
  }

  async stats(): Promise<Json> {
    return (await fetch(`${this.base}/stats`)).json();
  }

  /** The server forgets the access tokens that it has accepted so far. */
  async forgetAccessTokens(): Promise<void> {
    await (await fetch(`${this.base}/forget-access-tokens`)).text();
  }

  /** Begins a sign-in; the API's answer. */
  begin(body: object = {}) {
    return this.owner.send("POST", `${this.path}/connection`, body);
  }

  /** The person consents: the address to which the authorization server sends the browser back. */
  async consent(to: string): Promise<URL> {
    const response = await fetch(to, { redirect: "manual" });
    await response.body?.cancel();
    return new URL(response.headers.get("location") ?? "");
  }

  /** A browser opens the address. */
  async open({ pathname, search }: URL, cookie = this.owner.cookie) {
    const headers = cookie === "" ? {} : { cookie };
    const response = await send(pathname + search, { headers, redirect: "manual" });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Signs in anew. */
  async connect(body: object = {}) {
    const begun = await this.begin(body);
    if (begun.status !== 200) throw new Error(begun.text);
    return this.open(await this.consent(begun.body.to));
  }

  /** What is the matter with its credentials, by the health of the workspace. */
  async notices(): Promise<Json[]> {
    return (await manage("GET", `/workspaces/${this.slug}/health`)).body.items[0].credentials;
  }

  /** Read by the operator: a browser session ends while a test sets the clock forward. */
  async state(): Promise<Json> {
    return (await manage("GET", `${this.path}/connection`)).body;
  }

  async check(): Promise<Json> {
    return (await manage("POST", `${this.path}/check`, {})).body;
  }

  /** A call of the server's tool: `ok`, or the code of its failure. */
  async call(client = this.client): Promise<string> {
    const { message } = await callTool(client, "secret", {});
    const failed = message.result?.["isError"] === true || message.error !== undefined;
    return failed ? JSON.stringify(message) : "ok";
  }
}
