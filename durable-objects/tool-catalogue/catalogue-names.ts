import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListKind, ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { toSkillPath } from "../../workers/mcp/skills/skill-uri.ts";
import { declaresSkills } from "../../workers/mcp/skills/skills-capability.ts";
import type { Owner, Owners, OwnersByKind } from "../storage/stored-name-owners.ts";
import { readClaimId } from "./claim-id.ts";
import { exposeNames, type ExposedNames } from "./exposed-names.ts";
import { findExposedRoot, MAX_SKILL_NAME_LENGTH } from "./exposed-skills.ts";
import { assignUris, listContestedUris, type UriServer } from "./exposed-uris.ts";
import { isUriKind, type NameHistory, type WantedName } from "./name-owners.ts";
import type { ServedView } from "./served-catalogues.ts";
import { SkillUris } from "./skill-uris.ts";
import { findUiResource } from "./tool-details.ts";

/** Which server each name and URI of the merged catalogue belongs to. */
export interface CatalogueNames {
  tools: ExposedNames;
  prompts: ExposedNames;
  resources: Owners;
  templates: Owners;
  /** By the path of the skill. */
  skills: ExposedNames;
  /** The server whose skill has a URI that a server without skills lists, too; undefined: none. */
  findSkillOwner(serverId: string, uri: string): string | undefined;
  /** The names and URIs that the lists alone do not determine. */
  listContested(): WantedName[];
}

/** The owners of all names and URIs. */
export function listOwners(names: CatalogueNames): OwnersByKind {
  const { tools, prompts, resources, templates, skills } = names;
  return {
    tools: tools.owners,
    prompts: prompts.owners,
    resources,
    templates,
    skills: skills.owners,
  };
}

/**
 * Gives the names and URIs of all servers. A server that is disabled, or whose list is not known, keeps those that it
 * had, and a server keeps those of its contract.
 */
export function nameCatalogue(
  servers: ServerRecord[],
  served: ServedView,
  history: NameHistory,
  maxNameLength: number,
): CatalogueNames {
  const byPosition = servers.toSorted((a, b) => a.position - b.position);
  const renamed = new Set(
    servers.filter((server) => isRenamed(server, history)).map(({ id }) => id),
  );
  const skillUris = new SkillUris(history, (id) =>
    declaresSkills(served.catalogues.get(id)?.capabilities ?? {}),
  );
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
      history.had[kind],
      {
        maxLength: kind === "skills" ? MAX_SKILL_NAME_LENGTH : maxNameLength,
        claims: history.claims[kind],
        renamed,
        ...(kind === "skills" ? { isBlocked: (...name) => skillUris.isBlocked(...name) } : {}),
      },
    );
  const provide = (kind: "resources" | "templates"): UriServer[] =>
    byPosition.map((server) => ({
      serverId: server.id,
      uris: withUserInterfaces(kind, listKeys(server, kind), served.catalogues.get(server.id)),
    }));
  const assign = (kind: "resources" | "templates", provided: UriServer[]) =>
    assignUris(provided, history.had[kind], listLost(history, kind));
  const skills = expose("skills");
  const all = provide("resources");
  const owned = skillUris.withhold(all, skills.owners);
  const templates = provide("templates");
  const names = {
    tools: expose("tools"),
    prompts: expose("prompts"),
    resources: assign("resources", owned.provided),
    templates: assign("templates", templates),
    skills,
    findSkillOwner: (serverId: string, uri: string) => owned.findOwner(serverId, uri),
  };
  const listContested = () => listUndetermined(servers, names, { all, templates, skillUris });
  return { ...names, listContested };
}

/** The names and URIs that the lists alone do not determine. */
function listUndetermined(
  servers: ServerRecord[],
  names: Omit<CatalogueNames, "listContested">,
  { all, templates, skillUris }: Provided,
): WantedName[] {
  const prefixes = new Map(servers.map(({ id, prefix }) => [id, prefix]));
  const toWanted = (kind: ListKind, entries: [string, Owner][]) =>
    entries.map(([exposed, owner]): WantedName => {
      const prefix = isUriKind(kind) ? null : (prefixes.get(owner.serverId) ?? null);
      return { kind, exposed, owner, prefix };
    });
  const covering = skillUris.listCovering(all, names.skills.owners);
  return [
    ...toWanted("tools", names.tools.listContested()),
    ...toWanted("prompts", names.prompts.listContested()),
    ...toWanted("resources", [
      ...new Map([
        ...listContestedUris(all, names.resources, false),
        ...skillUris.listCovered(names.resources, names.skills.owners),
      ]),
    ]),
    ...toWanted("templates", listContestedUris(templates, names.templates, true)),
    ...toWanted("skills", [...new Map([...names.skills.listContested(), ...covering])]),
  ];
}

/** What the servers list. */
interface Provided {
  all: UriServer[];
  templates: UriServer[];
  skillUris: SkillUris;
}

/** Whether a server has another prefix than the one with which it got its names. */
function isRenamed({ id, prefix }: ServerRecord, history: NameHistory): boolean {
  const before = history.prefixOf(id);
  return before !== undefined && before !== prefix;
}

/** The servers that have lost URIs, the first loss first. */
function listLost({ claims }: NameHistory, kind: "resources" | "templates"): Owner[] {
  return [...claims[kind].keys()].map((id) => {
    const { serverId, name } = readClaimId(id);
    return { serverId, name };
  });
}

/** The exposed name of a server's tool or prompt, or the root of its skill; undefined: it has none. Other URIs are not changed. */
export function findExposedName(
  names: CatalogueNames,
  kind: ListKind,
  serverId: string,
  key: string,
): string | undefined {
  if (isUriKind(kind)) return key;
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
