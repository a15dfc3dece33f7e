import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { CatalogueItem, ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { parseExact, isJsonObject } from "../../workers/mcp/definitions/exact-json.ts";
import { editObject, RESPONSE_LIMITS, scanJson } from "../../workers/mcp/json-scan.ts";
import { toFiles, type SkillFile } from "../../workers/mcp/skills/skill-entry.ts";
import {
  hasSkillScheme,
  MAX_SKILL_URI_LENGTH,
  toSkillName,
  toSkillPath,
  toSkillRoot,
} from "../../workers/mcp/skills/skill-uri.ts";
import { declaresSkills } from "../../workers/mcp/skills/skills-capability.ts";
import type { ExposedNames } from "./exposed-names.ts";

/** Longest first segment that is given to a skill of a server with a prefix or a shared name. */
export const MAX_SKILL_NAME_LENGTH = 128;
/** Longest URI of a file for clients, in characters: its own, and the first segment. */
const MAX_EXPOSED_LENGTH = MAX_SKILL_URI_LENGTH + MAX_SKILL_NAME_LENGTH + 1;

/** A skill of a server, with the root below which the client asked for it. */
interface Skill {
  server: ServerRecord;
  name: string;
  /** URI of its SKILL.md at the server. */
  uri: string;
  json: string;
  /** For clients: `skill://…/<name>/`. */
  root: string;
  /** At the server. */
  ownRoot: string;
}

/** A file or, with its media type, a directory (SEP-2640, `resources/directory/read`). */
interface DirectoryChild {
  uri: string;
  name: string;
  mimeType?: "inode/directory";
}

/** What a `skill://` URI means. `outside`: it is below a skill that does not list it. `ambiguous`: several servers have it. */
export type FoundSkill =
  | { kind: "file"; skill: Skill; file: SkillFile }
  | { kind: "outside" }
  | { kind: "ambiguous" };

/**
 * The root of a skill's files for clients: its own, or `skill://<exposed name>/<name>/`, which ends in the skill's name as it
 * must (SEP-2640). Undefined: the skill has no name.
 */
export function findExposedRoot(
  names: ExposedNames,
  serverId: string,
  uri: string,
): string | undefined {
  const path = toSkillPath(uri) ?? "";
  const exposed = names.byServer.get(serverId)?.get(path);
  if (exposed === undefined) return undefined;
  return toSkillRoot(names.keepsOwn(serverId, path) ? path : `${exposed}/${toSkillName(path)}`);
}

/** An entry of a list of skills with the URIs that its files have below another root. */
export function moveSkill(json: string, ownRoot: string, root: string): string {
  const scan = root === ownRoot ? null : scanJson(json, RESPONSE_LIMITS);
  if (!scan?.ok || !scan.root) return json;
  const move = (uri: string) => root + uri.slice(ownRoot.length);
  const files = listFiles(json).map((file) => ({ ...file, uri: move(file.uri) }));
  return editObject(json, scan.root, {
    uri: JSON.stringify(`${root}SKILL.md`),
    resources: JSON.stringify(files),
  });
}

/**
 * The resources (or templates) of a server with the extension: those with the scheme of skills are listed below the root that
 * their skill has for clients, and left out if they belong to no skill, because only files of skills are read.
 */
export function moveSkillResources(
  { id, kind, names }: { id: string; kind: "resources" | "templates"; names: ExposedNames },
  catalogue: ToolCatalogue,
): CatalogueItem[] {
  if (!declaresSkills(catalogue.capabilities)) return catalogue[kind];
  const roots = new Map(
    catalogue.skills.flatMap(({ key }): [string, string][] => {
      const root = findExposedRoot(names, id, key);
      return root === undefined ? [] : [[toSkillRoot(toSkillPath(key) ?? ""), root]];
    }),
  );
  return catalogue[kind].flatMap((item) => {
    if (!hasSkillScheme(item.key)) return item;
    const ownRoot = listRoots(item.key).find((root) => roots.has(root));
    const root = roots.get(ownRoot ?? "");
    if (kind === "templates" || ownRoot === undefined || root === undefined) return [];
    const key = root + item.key.slice(ownRoot.length);
    const scan = key === item.key ? null : scanJson(item.json, RESPONSE_LIMITS);
    if (!scan?.ok || !scan.root) return item;
    return { key, json: editObject(item.json, scan.root, { uri: JSON.stringify(key) }) };
  });
}

/** The skills of all servers by the URIs that clients use. */
export class ExposedSkills {
  readonly #names: ExposedNames;
  readonly #isResource: (uri: string) => boolean;
  readonly #byRoot = new Map<string, Skill>();
  /** The servers' own roots. */
  readonly #ownRoots = new Set<string>();
  readonly #files = new Map<string, Map<string, SkillFile>>();

  /** `servers`: the enabled ones. `isResource`: whether a URI is a resource of a server that serves no skills. */
  constructor(
    servers: ServerRecord[],
    catalogues: ReadonlyMap<string, ToolCatalogue>,
    names: ExposedNames,
    isResource: (uri: string) => boolean,
  ) {
    this.#names = names;
    this.#isResource = isResource;
    for (const server of servers)
      for (const { key: uri, json } of catalogues.get(server.id)?.skills ?? []) {
        const path = toSkillPath(uri) ?? "";
        const root = findExposedRoot(names, server.id, uri);
        const ownRoot = toSkillRoot(path);
        this.#ownRoots.add(ownRoot);
        if (root === undefined || this.#byRoot.has(root)) continue;
        const name = toSkillName(path);
        this.#byRoot.set(root, { server, name, uri, json, root, ownRoot });
      }
  }

  /**
   * The file behind a URI, compared as text: only what a skill lists is found. As with tools, a server's own URI is
   * accepted as long as it is the only one that has it. Null: no skill has it.
   */
  find(uri: string): FoundSkill | null {
    const roots = listRoots(uri);
    const exposed = roots.flatMap((root) => this.#byRoot.get(root) ?? []);
    if (exposed.length > 0) return this.#findFile(exposed, uri);
    const own = roots.flatMap((root) => this.#findByOwnRoot(root) ?? []);
    if (own.length > 0 && this.#isResource(uri)) return { kind: "ambiguous" };
    if (own.length > 0) return this.#findFile(own, uri);
    return roots.some((root) => this.#ownRoots.has(root)) ? { kind: "ambiguous" } : null;
  }

  /** The direct children of a directory, as clients list them, with its server; null: no skill has such a directory. */
  listDirectory(uri: string): { server: ServerRecord; children: DirectoryChild[] } | null {
    const directory = uri.endsWith("/") ? uri : `${uri}/`;
    const roots = listRoots(directory);
    const exposed = roots.flatMap((root) => this.#byRoot.get(root) ?? []);
    const own = exposed.length > 0 ? [] : roots.flatMap((root) => this.#findByOwnRoot(root) ?? []);
    for (const skill of [...exposed, ...own]) {
      const ownDirectory = skill.ownRoot + directory.slice(skill.root.length);
      const children = listChildren([...this.#filesOf(skill).keys()], ownDirectory, directory);
      if (children.length > 0) return { server: skill.server, children };
    }
    return null;
  }

  #findByOwnRoot(root: string): Skill | undefined {
    if (!this.#ownRoots.has(root)) return undefined;
    const path = root.slice(toSkillRoot("").length - 1, -1);
    const owner = this.#names.find(path);
    const exposed =
      owner?.name === path
        ? findExposedRoot(this.#names, owner.serverId, `${root}SKILL.md`)
        : undefined;
    const skill = exposed === undefined ? undefined : this.#byRoot.get(exposed);
    return skill?.server.id === owner?.serverId && skill ? { ...skill, root } : undefined;
  }

  #findFile(skills: Skill[], uri: string): FoundSkill {
    for (const skill of skills) {
      const own = skill.ownRoot + uri.slice(skill.root.length);
      const file = this.#filesOf(skill).get(own);
      if (file) return { kind: "file", skill, file };
    }
    return { kind: "outside" };
  }

  #filesOf({ server, uri, json }: Skill): Map<string, SkillFile> {
    const id = `${server.id} ${uri}`;
    const known = this.#files.get(id);
    if (known) return known;
    const files = new Map(listFiles(json).map((file) => [file.uri, file]));
    this.#files.set(id, files);
    return files;
  }
}

function listChildren(files: string[], ownDirectory: string, directory: string): DirectoryChild[] {
  const children = new Map<string, DirectoryChild>();
  for (const file of files) {
    if (!file.startsWith(ownDirectory)) continue;
    const [segment = "", ...deeper] = file.slice(ownDirectory.length).split("/");
    const child = { uri: directory + segment, name: decodeURIComponent(segment) };
    const isDirectory = deeper.length > 0;
    children.set(segment, isDirectory ? { ...child, mimeType: "inode/directory" } : child);
  }
  return [...children.values()];
}

/** The directories above a URI, the longest first. A URI that is longer than those of skills has none: a client can send any. */
export function listRoots(uri: string): string[] {
  const roots: string[] = [];
  if (uri.length > MAX_EXPOSED_LENGTH) return roots;
  for (let end = uri.lastIndexOf("/"); end > 0; end = uri.lastIndexOf("/", end - 1))
    roots.push(uri.slice(0, end + 1));
  return roots;
}

function listFiles(json: string): SkillFile[] {
  const entry = parseExact(json);
  return isJsonObject(entry) ? toFiles(entry["resources"]) : [];
}
