import { z } from "zod";

/** Address of a management API, and the operator key. */
export interface ManagementApi {
  apiUrl: string;
  operatorKey: string;
}

const IssuedToken = z.object({ token: z.string() });
const SignInOptions = z.object({ hasUsers: z.boolean() });
const IssuedLink = z.object({ url: z.string() });
const UserList = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), email: z.string().nullable() })),
});

/** Sends a request to the management API. Returns undefined for 404; throws on any other error response. */
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
  if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Creates a token for all tools of the workspace and returns its clear text. */
export async function createToken(
  api: ManagementApi,
  workspace: string,
  label: string,
): Promise<string> {
  const issued = await manage(api, "POST", `/workspaces/${workspace}/tokens`, { label });
  return IssuedToken.parse(issued).token;
}

/**
 * Returns a setup link for the first owner, who also owns the workspace `demo`: the last link if it is still valid,
 * else a new one. Undefined: there are users already.
 */
export async function findOrCreateSetupLink(
  api: ManagementApi,
  lastLink: string | undefined,
): Promise<string | undefined> {
  if (SignInOptions.parse(await manage(api, "GET", "/auth")).hasUsers) return undefined;
  const secret = lastLink?.split("#")[1];
  if (secret && (await manage(api, "POST", "/auth/link", { secret }))) return lastLink;
  const demo = await manage(api, "GET", "/workspaces/demo");
  // The person who starts the gateway also does the work of its operator.
  const rights = { managesHosts: true, curatesMarketplace: true };
  const body = { ...rights, ...(demo === undefined ? {} : { workspace: "demo" }) };
  return IssuedLink.parse(await manage(api, "POST", "/setup-links", body)).url;
}

/**
 * Creates a recovery link for the user with this id, name or e-mail address. Throws unless exactly one user matches.
 */
export async function createRecoveryLink(api: ManagementApi, query: string): Promise<string> {
  const { items } = UserList.parse(await manage(api, "GET", "/users"));
  const found = items.filter(({ id, name, email }) => [id, name, email].includes(query));
  const [user] = found;
  if (!user || found.length > 1) {
    const known = items.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new Error(`${found.length} users match "${query}". Choose one by id:\n${known}`);
  }
  const issued = await manage(api, "POST", `/users/${user.id}/recovery-links`, {});
  return IssuedLink.parse(issued).url;
}
