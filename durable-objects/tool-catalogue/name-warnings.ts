import { KIND_OF_LIST } from "../../workers/contract/definitions/list-definitions.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import {
  listMixedScripts,
  toAsciiName,
  toSkeleton,
} from "../../workers/contract/text/confusable-names.ts";
import { toSkillPath } from "../../workers/mcp/skills/skill-uri.ts";
import type { CatalogueNames } from "./catalogue-names.ts";
import { findExposedRoot } from "./exposed-skills.ts";

/** Warnings of one server about names; further ones are only counted. */
const MAX_WARNINGS = 20;
/** Longest name that a warning shows, in its escaped form. */
const MAX_SHOWN_LENGTH = 256;

/**
 * Warnings for the admin about names of a server: those that another server has, and those that look like another name of
 * any server. `all`: the servers of the workspace.
 */
export function listNameWarnings(
  server: ServerRecord,
  all: ServerRecord[],
  catalogues: ReadonlyMap<string, ToolCatalogue>,
  names: CatalogueNames,
): string[] {
  const warnings = [
    ...listTaken(server, all, catalogues, names),
    ...listTakenSkills(server, all, catalogues, names),
    ...listTakenUris(server, all, catalogues, names),
    ...listLookAlikeServers(server, all),
    ...listLookAlikeItems(server, all, catalogues),
    ...listMixed(server, catalogues),
  ];
  const rest = warnings.length - MAX_WARNINGS;
  const more = `${rest} more names are taken, or look like other names`;
  return rest > 0 ? [...warnings.slice(0, MAX_WARNINGS), more] : warnings;
}

function listTaken(
  { id, prefix }: ServerRecord,
  all: ServerRecord[],
  catalogues: ReadonlyMap<string, ToolCatalogue>,
  names: CatalogueNames,
): string[] {
  return (["tools", "prompts"] as const).flatMap((kind) =>
    (catalogues.get(id)?.[kind] ?? []).flatMap(({ key }) => {
      const [holderId] = names[kind].findHolders(id, key);
      const holder = all.find((candidate) => candidate.id === holderId);
      const exposed = names[kind].byServer.get(id)?.get(key);
      if (!holder || holder.id === id || exposed === undefined) return [];
      const wanted = prefix === null ? key : `${prefix}_${key}`;
      return `The ${KIND_OF_LIST[kind]} ${quote(key)} does not have the name ${quote(wanted)}, which belongs to the server "${holder.slug}": clients see it as "${exposed}"`;
    }),
  );
}

function listTakenSkills(
  { id }: ServerRecord,
  all: ServerRecord[],
  catalogues: ReadonlyMap<string, ToolCatalogue>,
  names: CatalogueNames,
): string[] {
  return (catalogues.get(id)?.skills ?? []).flatMap(({ key }) => {
    const [holderId] = names.skills.findHolders(id, toSkillPath(key) ?? "");
    const holder = all.find((candidate) => candidate.id === holderId);
    const root = findExposedRoot(names.skills, id, key);
    if (!holder || holder.id === id || root === undefined) return [];
    return `The skill ${quote(key)} has a name that belongs to the server "${holder.slug}": clients see it as "${root}SKILL.md"`;
  });
}

function listTakenUris(
  server: ServerRecord,
  all: ServerRecord[],
  catalogues: ReadonlyMap<string, ToolCatalogue>,
  names: CatalogueNames,
): string[] {
  return (["resources", "templates"] as const).flatMap((kind) =>
    (catalogues.get(server.id)?.[kind] ?? []).flatMap(({ key }) => {
      const skillOwner = names.findSkillOwner(server.id, key);
      const ofSkill = all.find(({ id }) => id === skillOwner);
      if (kind === "resources" && ofSkill)
        return `The resource ${quote(key)} is below a skill of the server "${ofSkill.slug}": clients do not get it from this server`;
      const owner = all.find(({ id }) => id === names[kind].get(key)?.serverId);
      if (!owner || owner.id === server.id) return [];
      return `The ${KIND_OF_LIST[kind]} ${quote(key)} belongs to the server "${owner.slug}": clients that can use both get it from "${owner.slug}"`;
    }),
  );
}

function listLookAlikeServers(server: ServerRecord, all: ServerRecord[]): string[] {
  const skeleton = toSkeleton(server.name);
  return all
    .filter((other) => other.id !== server.id && toSkeleton(other.name) === skeleton)
    .map(({ slug }) => `The name of this server looks like the name of the server "${slug}"`);
}

/** Names that differ and look alike. Equal names are usual, and the exposed names tell them apart. */
function listLookAlikeItems(
  server: ServerRecord,
  all: ServerRecord[],
  catalogues: ReadonlyMap<string, ToolCatalogue>,
): string[] {
  return (["tools", "prompts"] as const).flatMap((kind) => {
    const others = new Map<string, { key: string; slug: string }[]>();
    // The server itself comes last: a name that looks like one of another server is worse.
    for (const { id, slug } of [...all.filter(({ id }) => id !== server.id), server])
      for (const { key } of catalogues.get(id)?.[kind] ?? []) {
        const skeleton = toSkeleton(key);
        const known = others.get(skeleton);
        if (known) known.push({ key, slug });
        else others.set(skeleton, [{ key, slug }]);
      }
    return (catalogues.get(server.id)?.[kind] ?? []).flatMap(({ key }) => {
      const found = others.get(toSkeleton(key))?.find((other) => other.key !== key);
      if (!found) return [];
      const owner = found.slug === server.slug ? "this server" : `the server "${found.slug}"`;
      return `The ${KIND_OF_LIST[kind]} ${quote(key)} looks like ${quote(found.key)} of ${owner}`;
    });
  });
}

function listMixed(
  { id, name }: ServerRecord,
  catalogues: ReadonlyMap<string, ToolCatalogue>,
): string[] {
  const items = (["tools", "prompts"] as const).flatMap((kind) =>
    (catalogues.get(id)?.[kind] ?? []).map(
      ({ key }) => [`The ${KIND_OF_LIST[kind]}`, key] as const,
    ),
  );
  return [["The name of this server,", name] as const, ...items].flatMap(([what, text]) => {
    const scripts = listMixedScripts(text);
    if (scripts.length === 0) return [];
    return `${what} ${quote(text)} mixes letters of scripts that look alike: ${scripts.join(" and ")}`;
  });
}

/** A name of a server in a warning, which it cannot imitate (spoofing). */
function quote(name: string): string {
  const shown = toAsciiName(name);
  return shown.length <= MAX_SHOWN_LENGTH ? `"${shown}"` : "with an unusual name";
}
