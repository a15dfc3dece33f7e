import { makeJoinedUser, type Browser } from "./browser.ts";
import { callTool, change, type Client } from "./gateway-client.ts";
import type { ProtectedServer } from "./protected-server.ts";

/** A person in the workspace of a protected server, who has an account there. */
export class AccountHolder {
  readonly server: ProtectedServer;
  readonly browser: Browser;
  readonly memberId: string;
  readonly client: Client;
  /** The name of the account at the server, or the person's key. */
  readonly account: string;
  readonly path: string;

  private constructor(
    server: ProtectedServer,
    person: { browser: Browser; memberId: string },
    token: string,
    account: string,
  ) {
    this.server = server;
    this.browser = person.browser;
    this.memberId = person.memberId;
    this.client = { slug: server.slug, token };
    this.account = account;
    this.path = `/workspaces/${server.slug}/me/accounts`;
  }

  /** A new person who may call every tool. */
  static async join(
    server: ProtectedServer,
    name: string,
    role = "member",
  ): Promise<AccountHolder> {
    const person = await makeJoinedUser(server.slug, role, name);
    return AccountHolder.of(server, person, name);
  }

  /** The owner who added the server. */
  static async owner(server: ProtectedServer): Promise<AccountHolder> {
    const { body } = await server.owner.send("GET", `/workspaces/${server.slug}/me`);
    return AccountHolder.of(server, { browser: server.owner, memberId: body.id }, "Olga");
  }

  private static async of(
    server: ProtectedServer,
    person: { browser: Browser; memberId: string },
    account: string,
  ): Promise<AccountHolder> {
    const { slug } = server;
    const { memberId } = person;
    await change(slug, { type: "member.rules", id: memberId, rules: ["guarded:*"] });
    const token = await makeToken(server, memberId);
    return new AccountHolder(server, person, token, account);
  }

  /** Begins to connect, for an agent if one is given; the API's answer. */
  begin(agent?: string) {
    const body = agent === undefined ? {} : { agent };
    return this.browser.send("POST", `${this.path}/guarded`, body);
  }

  /** Connects the account. */
  async connect(agent?: string) {
    const begun = await this.begin(agent);
    if (begun.status !== 200) throw new Error(begun.text);
    await this.server.control({ account: this.account });
    return this.server.open(await this.server.consent(begun.body.to), this.browser.cookie);
  }

  /** Enters a key. */
  enterKey(key = this.account) {
    return this.browser.send("PUT", `${this.path}/guarded/key`, { key });
  }

  /** A call of the server's tool: `ok`, or the failure. */
  call(): Promise<string> {
    return callSecret(this.client);
  }
}

/** A call of the tool of a protected server: `ok`, or the failure. */
export async function callSecret(client: Client): Promise<string> {
  const { message } = await callTool(client, "secret", {});
  const failed = message.result?.["isError"] === true || message.error !== undefined;
  return failed ? JSON.stringify(message) : "ok";
}

/** A token of a member of a protected server's workspace. */
export async function makeToken({ slug }: ProtectedServer, memberId: string): Promise<string> {
  const input = { label: "own", memberId };
  return (await change(slug, { type: "token.create", input })).token;
}
