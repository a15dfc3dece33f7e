import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { NameChange } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { OwnersByKind } from "../storage/stored-name-owners.ts";
import type { CatalogueNames } from "./catalogue-names.ts";

/** Lists the tools and prompts of enabled servers that have another exposed name than before, by server and name. */
export function listNameChanges(
  servers: ServerRecord[],
  before: Pick<OwnersByKind, "tools" | "prompts">,
  after: Pick<CatalogueNames, "tools" | "prompts">,
): NameChange[] {
  const enabled = new Map(servers.filter((server) => server.enabled).map((s) => [s.id, s.slug]));
  const listOf = (kind: "tools" | "prompts"): NameChange[] =>
    [...before[kind]].flatMap(([exposed, { serverId, name }]) => {
      const serverSlug = enabled.get(serverId);
      const next = after[kind].byServer.get(serverId)?.get(name);
      if (serverSlug === undefined || next === undefined || next === exposed) return [];
      const changed = kind === "tools" ? "tool" : "prompt";
      return [{ kind: changed, serverSlug, name, before: exposed, after: next }];
    });
  return [...listOf("tools"), ...listOf("prompts")].toSorted(
    (a, b) => a.serverSlug.localeCompare(b.serverSlug) || a.name.localeCompare(b.name),
  );
}
