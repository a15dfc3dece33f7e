import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListKind, ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { toSkillPath } from "../../workers/mcp/skills/skill-uri.ts";
import type { Owners, OwnersByKind } from "../storage/stored-name-owners.ts";
import { exposeNames, type ExposedNames } from "./exposed-names.ts";
import { findExposedRoot, MAX_SKILL_NAME_LENGTH } from "./exposed-skills.ts";
import { assignUris } from "./exposed-uris.ts";
import type { ServedView } from "./served-catalogues.ts";
import { findUiResource } from "./tool-details.ts";

/** Which server each name and URI of the merged catalogue belongs to. */
export interface CatalogueNames {
  tools: ExposedNames;
  prompts: ExposedNames;
  resources: Owners;
  templates: Owners;
  /** By the path of the skill. */
  skills: ExposedNames;
}

/**
 * Gives the names and URIs of all servers. A server that is disabled, or whose list is not known, keeps those that it
 * `had`, and a server keeps those of its contract. `isRevised` as for `exposeNames`.
 */
export function nameCatalogue(
  servers: ServerRecord[],
  served: ServedView,
  had: OwnersByKind,
  isRevised: boolean,
  maxNameLength: number,
): CatalogueNames {
  const byPosition = servers.toSorted((a, b) => a.position - b.position);
  const listKeys = (server: ServerRecord, kind: ListKind): string[] | null => {
    const catalogue = server.enabled ? served.catalogues.get(server.id) : undefined;
    if (!catalogue || catalogue.unread?.includes(kind)) return null;
    const reserved = served.find(server.id)?.reserved[kind] ?? [];
    const keys = [...catalogue[kind].map(({ key }) => key), ...reserved];
    return kind === "skills" ? keys.map((key) => toSkillPath(key) ?? "") : keys;
  };
  const expose = (kind: "tools" | "prompts" | "skills") =>
    exposeNames(
      byPosition.map((server) => ({
        serverId: server.id,
        slug: server.slug,
        prefix: server.prefix,
        names: listKeys(server, kind),
      })),
      had[kind],
      isRevised,
      kind === "skills" ? MAX_SKILL_NAME_LENGTH : maxNameLength,
    );
  const assign = (kind: "resources" | "templates") =>
    assignUris(
      byPosition.map((server) => ({
        serverId: server.id,
        uris: withUserInterfaces(kind, listKeys(server, kind), served.catalogues.get(server.id)),
      })),
      had[kind],
    );
  return {
    tools: expose("tools"),
    prompts: expose("prompts"),
    resources: assign("resources"),
    templates: assign("templates"),
    skills: expose("skills"),
  };
}

/** The exposed name of a server's tool or prompt, or the root of its skill; undefined: it has none. Other URIs are not changed. */
export function findExposedName(
  names: CatalogueNames,
  kind: ListKind,
  serverId: string,
  key: string,
): string | undefined {
  if (kind === "resources" || kind === "templates") return key;
  if (kind === "skills") return findExposedRoot(names.skills, serverId, key);
  return names[kind].byServer.get(serverId)?.get(key);
}

/** A server's list of resources need not have the user interfaces of its tools. */
function withUserInterfaces(
  kind: ListKind,
  uris: string[] | null,
  catalogue: ToolCatalogue | undefined,
): string[] | null {
  if (kind === "templates" || uris === null || !catalogue) return uris;
  return [...uris, ...catalogue.tools.flatMap(({ json }) => findUiResource(json) ?? [])];
}
