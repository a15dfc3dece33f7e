import { deepEqual, equal, notEqual } from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { ManagementApi } from "../../scripts/management-client.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";

/** A workspace of the gateway whose server is that of the scenario. */
interface SignInSetting {
  api: ManagementApi;
  slug: string;
  context: unknown;
  /** Connects a client to the workspace. */
  connect: () => Promise<Client>;
}

/**
 * How a scenario ends in which the gateway does not reach the server: it refuses to begin, it refuses what the browser
 * brings back, or the server refuses each token.
 */
type Refusal = "to begin" | "response" | "by the server";

const REFUSALS: Record<string, Refusal> = {
  "auth/resource-mismatch": "to begin",
  "auth/metadata-issuer-mismatch": "to begin",
  "auth/iss-supported-missing": "response",
  "auth/iss-wrong-issuer": "response",
  "auth/iss-unexpected": "response",
  "auth/iss-normalized": "response",
  "auth/scope-retry-limit": "by the server",
};
/** A server can ask for another sign-in: at another authorization server, or with more scope. */
const MAX_SIGN_INS = 3;

const Context = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  private_key_pem: z.string().optional(),
});
const Begun = z.object({ to: z.string() });

/** An owner connects the gateway to the scenario's server, and a client of the gateway calls its tool. */
export async function runSignIn(name: string, setting: SignInSetting): Promise<void> {
  const person = await DashboardUser.join(setting.api, setting.slug);
  const refusal = REFUSALS[name];
  if (refusal === "to begin") {
    const { status, text } = await begin(person, setting);
    return deepEqual([status, JSON.parse(text).error.code], [409, "conflict"]);
  }
  if (refusal === "response") return equal((await signIn(person, setting)).status, 400);
  const isOwnAccount = name.startsWith("auth/client-credentials");
  for (let attempt = 1; attempt <= MAX_SIGN_INS; attempt++) {
    await (isOwnAccount ? useOwnAccount(person, setting) : expectSignIn(person, setting));
    const result = await call(setting);
    if (refusal === "by the server") return notEqual(result, OK);
    if (result === OK) return;
    if (attempt === MAX_SIGN_INS) throw new Error(result);
  }
}

function begin(person: DashboardUser, { slug, context }: SignInSetting) {
  const { client_id: id, client_secret: secret } = Context.parse(context);
  const body = { ...(id === undefined ? {} : { client: { id, secret } }), grantsWanted: true };
  return person.send("POST", `/workspaces/${slug}/servers/scenario/connection`, body);
}

/** The authorization server of the suite consents at once. */
async function signIn(person: DashboardUser, setting: SignInSetting) {
  const { status, text } = await begin(person, setting);
  equal(status, 200, text);
  return person.open(Begun.parse(JSON.parse(text)).to);
}

async function expectSignIn(person: DashboardUser, setting: SignInSetting): Promise<void> {
  const { status, text } = await signIn(person, setting);
  equal(status, 303, text);
}

/** The gateway signs in with its own credentials, without a browser. */
async function useOwnAccount(
  person: DashboardUser,
  { slug, context }: SignInSetting,
): Promise<void> {
  const {
    client_id: id,
    client_secret: secret,
    private_key_pem: privateKey,
  } = Context.parse(context);
  const body = { client: { id, secret, privateKey } };
  const path = `/workspaces/${slug}/servers/scenario/connection`;
  const { status, text } = await person.send("PUT", path, body);
  equal(status, 200, text);
}

const OK = "ok";

/** The result of a call of the scenario's tool: `OK`, or what the client gets. */
async function call({ connect }: SignInSetting): Promise<string> {
  const client = await connect();
  try {
    const result = await client.callTool({ name: "test-tool", arguments: {} });
    return result.isError === true ? JSON.stringify(result) : OK;
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}
