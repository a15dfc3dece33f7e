import { z } from "zod";

export interface ManagementApi {
  apiUrl: string;
  operatorKey: string;
}

const TokenAnswer = z.object({ token: z.string() });
const SignInOptions = z.object({ hasUsers: z.boolean() });
const LinkAnswer = z.object({ url: z.string() });
const UserList = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), email: z.string().nullable() })),
});

/** One request to the management API. Undefined where there is no such thing (404); throws on any other refusal. */
export async function manage(
  api: ManagementApi,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${api.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${api.operatorKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Makes a token that has every tool of the workspace. */
export async function createToken(
  api: ManagementApi,
  workspace: string,
  label: string,
): Promise<string> {
  const answer = await manage(api, "POST", `/workspaces/${workspace}/tokens`, { label });
  return TokenAnswer.parse(answer).token;
}

/** A link that makes the first owner, also of the workspace `demo`: the last one while it is good. Undefined when people sign in already. */
export async function openSetupLink(
  api: ManagementApi,
  last: string | undefined,
): Promise<string | undefined> {
  if (SignInOptions.parse(await manage(api, "GET", "/auth")).hasUsers) return undefined;
  const secret = last?.split("#")[1];
  if (secret && (await manage(api, "POST", "/auth/link", { secret }))) return last;
  const demo = await manage(api, "GET", "/workspaces/demo");
  const body = demo === undefined ? {} : { workspace: "demo" };
  return LinkAnswer.parse(await manage(api, "POST", "/setup-links", body)).url;
}

/** A link by which a person gets a new passkey, found by id, name or address; throws unless it is exactly one person. */
export async function createRecoveryLink(api: ManagementApi, person: string): Promise<string> {
  const { items } = UserList.parse(await manage(api, "GET", "/users"));
  const found = items.filter(({ id, name, email }) => [id, name, email].includes(person));
  const [user] = found;
  if (!user || found.length > 1) {
    const known = items.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new Error(`${found.length} people are called "${person}". Name one by id:\n${known}`);
  }
  const answer = await manage(api, "POST", `/users/${user.id}/recovery-links`, {});
  return LinkAnswer.parse(answer).url;
}
