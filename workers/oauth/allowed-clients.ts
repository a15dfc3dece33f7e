import type { OauthClient, OauthSettings } from "../contract/records/oauth.ts";

/** Whether people of a workspace may sign in from a client, and use what it holds of earlier sign-ins. */
export function allowsClient(
  { enabled, clients, hosts }: OauthSettings,
  { host }: OauthClient,
): boolean {
  if (!enabled) return false;
  if (clients === "any") return true;
  return host !== null && (clients === "verified" || hosts.includes(host));
}
