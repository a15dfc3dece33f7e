import type { ServerOrigin } from "../../workers/contract/marketplace/server-origin.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import { hideUrlSecrets } from "../../workers/contract/versions/secret-url.ts";
import type { ChangeEvent } from "./change-decision.ts";

/** The loggable fields of a server: header names without values, the URL without its query, which can hold a key, and without keys in its path. */
export function describeServer({ url, headers, credentials, origin, ...server }: ServerRecord) {
  const { origin: site, pathname, search } = new URL(url);
  return {
    name: server.name,
    url: hideUrlSecrets(site + pathname, () => "…") + (search && "?…"),
    prefix: server.prefix,
    position: server.position,
    enabled: server.enabled,
    longestCallSeconds: server.longestCallSeconds,
    longestSilenceSeconds: server.longestSilenceSeconds,
    headers: Object.keys(headers),
    credentials: credentials.map((credential) => credential.name),
    origin: describeOrigin(origin),
    perPerson: server.perPerson?.kind ?? null,
    byCompany: server.perPerson?.kind === "sign_in" && server.perPerson.byCompany === true,
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

/** The entry of the marketplace with its version, in one text. */
export function describeOrigin(origin: ServerOrigin | null): string | null {
  return origin && [origin.name, ...(origin.version === null ? [] : [origin.version])].join(" ");
}

/** The request that a new server fulfils. `saveChanges` closes it in the transaction that stores the server. */
export function toFulfilled({ request }: { request?: string | undefined }) {
  return request === undefined ? {} : { request };
}
