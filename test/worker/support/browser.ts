import { Authenticator } from "../../fixtures/authenticator.ts";
import { HOST } from "./gateway-client.ts";
import { manage } from "./management-client.ts";

export const ORIGIN = `https://${HOST}`;

let opened = 0;

/** A browser with the dashboard open: keeps the session cookie and CSRF token, and has an authenticator. */
export class Browser {
  readonly authenticator: Authenticator;
  /** Each browser has a separate address, because sign-in attempts are limited per address. */
  readonly #address = `198.51.${++opened >> 8}.${opened & 255}`;
  cookie = "";
  csrf = "";
  userId = "";

  constructor(authenticator: Authenticator) {
    this.authenticator = authenticator;
  }

  static async open(): Promise<Browser> {
    return new Browser(await Authenticator.make());
  }

  /** Sends a request as a page of the dashboard does; `headers` override. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
  ) {
    const sent: Record<string, string | undefined> = {
      "content-type": "application/json",
      "sec-fetch-site": "same-origin",
      origin: ORIGIN,
      "cf-connecting-ip": this.#address,
      cookie: this.cookie === "" ? undefined : this.cookie,
      "x-csrf-token": this.csrf === "" ? undefined : this.csrf,
      ...headers,
    };
    const given = Object.entries(sent).filter((header): header is [string, string] =>
      Boolean(header[1]),
    );
    const answer = await manage(method, path, body, { headers: given });
    const cookie = answer.headers.get("set-cookie");
    if (cookie) this.cookie = cookie.split(";")[0] ?? "";
    if (answer.body?.session?.csrfToken) {
      this.csrf = answer.body.session.csrfToken;
      this.userId = answer.body.user.id;
    }
    return answer;
  }

  /** Opens a sign-in link and registers a new passkey. */
  async followLink(url: string, name: string) {
    const secret = url.split("#")[1] ?? "";
    const begun = await this.send("POST", "/auth/link/passkey/options", { secret, name });
    if (begun.status !== 200) return begun;
    const response = await this.authenticator.create(begun.body.options, ORIGIN);
    return this.send("POST", "/auth/link/passkey", { secret, name, response });
  }

  /** Signs in with the passkey. */
  async signIn() {
    const { body } = await this.send("POST", "/auth/passkey/options", {});
    const response = await this.authenticator.get(body.options, ORIGIN);
    return this.send("POST", "/auth/passkey", { response });
  }

  /** Carries out a step-up with the passkey. */
  async stepUp() {
    const { body } = await this.send("POST", "/me/step-up/options", {});
    const response = await this.authenticator.get(body.options, ORIGIN);
    return this.send("POST", "/me/step-up", { response });
  }
}

/** Creates a workspace and its owner, by a setup link. */
export async function makeOwner(slug: string, name = "Olga"): Promise<Browser> {
  await manage("POST", "/workspaces", { slug, name: slug });
  const { body } = await manage("POST", "/setup-links", { workspace: slug });
  const browser = await Browser.open();
  const joined = await browser.followLink(body.url, name);
  if (joined.status !== 200) throw new Error(joined.text);
  return browser;
}

/** Creates a user who joins a workspace by an invitation; returns the browser and the member id. */
export async function makeJoinedUser(slug: string, role: string, name = `A ${role}`) {
  const { body } = await manage("POST", `/workspaces/${slug}/invitations`, {
    name,
    role,
  });
  const browser = await Browser.open();
  const joined = await browser.followLink(body.url, name);
  if (joined.status !== 200) throw new Error(joined.text);
  return { browser, memberId: String(body.invitation.memberId) };
}
