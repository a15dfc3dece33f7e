import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ChangeEvent } from "./change-decision.ts";

/** The loggable fields of a server: header names without values, the URL without its query, which can hold a key. */
export function describeServer({ url, headers, credentials, ...server }: ServerRecord) {
  const { origin, pathname, search } = new URL(url);
  return {
    name: server.name,
    url: origin + pathname + (search && "?…"),
    prefix: server.prefix,
    position: server.position,
    enabled: server.enabled,
    longestCallSeconds: server.longestCallSeconds,
    longestSilenceSeconds: server.longestSilenceSeconds,
    headers: Object.keys(headers),
    credentials: credentials.map((credential) => credential.name),
  };
}

/** The audit event of a change of one server. */
export function toServerEvent(
  slug: string,
  verb: "created" | "updated" | "deleted",
  detail: Record<string, unknown>,
): ChangeEvent {
  return { action: `server.${verb}`, object: `server:${slug}`, detail };
}
