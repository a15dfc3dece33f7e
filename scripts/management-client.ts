import { z } from "zod";

export interface ManagementApi {
  apiUrl: string;
  operatorKey: string;
}

const TokenAnswer = z.object({ token: z.string() });

/** One request to the management API. Undefined where there is no such thing (404); throws on any other refusal. */
export async function manage(
  api: ManagementApi,
  method: "GET" | "POST" | "PATCH" | "DELETE",
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
