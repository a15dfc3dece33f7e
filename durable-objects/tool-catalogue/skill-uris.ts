import { hasSkillScheme, toSkillName, toSkillRoot } from "../../workers/mcp/skills/skill-uri.ts";
import type { Owner, Owners } from "../storage/stored-name-owners.ts";
import { readClaimId } from "./claim-id.ts";
import { listRoots } from "./exposed-skills.ts";
import type { UriServer } from "./exposed-uris.ts";
import type { NameHistory } from "./name-owners.ts";

/**
 * URIs that a skill of one server and a resource of another one can both have. They stay with the one that had them first: a
 * later resource is withheld, and a later skill gets another root.
 */
export class SkillUris {
  readonly #servesSkills: (serverId: string) => boolean;
  /** The resources that were there first, by each root above them. */
  readonly #first = new Map<string, string[]>();
  readonly #isFirst = new Set<string>();

  /** `servesSkills`: whether the resources of a server with such URIs are files of its skills. */
  constructor(history: NameHistory, servesSkills: (serverId: string) => boolean) {
    this.#servesSkills = servesSkills;
    const skills = toRoots(history.had.skills);
    const claimed = [...history.claims.resources.keys()].map(readClaimId);
    for (const { serverId, name } of [...history.had.resources.values(), ...claimed]) {
      if (!this.#isResource(serverId, name)) continue;
      const roots = listRoots(name);
      if (roots.some((root) => isOfAnother(skills.get(root), serverId))) continue;
      this.#isFirst.add(`${serverId} ${name}`);
      for (const root of roots) this.#first.set(root, [...(this.#first.get(root) ?? []), serverId]);
    }
  }

  /** Whether a new name of a skill would cover a resource of another server. */
  isBlocked(exposed: string, serverId: string, path: string, isOwn: boolean): boolean {
    const root = toSkillRoot(isOwn ? path : `${exposed}/${toSkillName(path)}`);
    return isOfAnother(this.#first.get(root), serverId);
  }

  /** The resources without those that are below a skill of another server, which has had them first. */
  withhold(
    provided: UriServer[],
    skills: Owners,
  ): { provided: UriServer[]; findOwner(serverId: string, uri: string): string | undefined } {
    const roots = toRoots(skills);
    const findOwner = (serverId: string, uri: string) => {
      if (!this.#isResource(serverId, uri) || this.#isFirst.has(`${serverId} ${uri}`))
        return undefined;
      const owners = listRoots(uri).flatMap((root) => roots.get(root) ?? []);
      return owners.find((owner) => owner !== serverId);
    };
    return {
      provided: provided.map(({ serverId, uris }) => ({
        serverId,
        uris: uris && [...uris].filter((uri) => findOwner(serverId, uri) === undefined),
      })),
      findOwner,
    };
  }

  /** The skills that have URIs which another server lists as resources. */
  listCovering(provided: UriServer[], skills: Owners): [string, Owner][] {
    const above = new Map<string, Set<string>>();
    for (const { serverId, uris } of provided)
      for (const uri of uris ?? [])
        if (this.#isResource(serverId, uri))
          for (const root of listRoots(uri))
            above.set(root, new Set([...(above.get(root) ?? []), serverId]));
    if (above.size === 0) return [];
    return [...skills].filter(([exposed, owner]) =>
      listOwnRoots(exposed, owner).some((root) =>
        isOfAnother([...(above.get(root) ?? [])], owner.serverId),
      ),
    );
  }

  /** The resources that are below a skill of another server, and were there first. */
  listCovered(resources: Owners, skills: Owners): [string, Owner][] {
    const roots = toRoots(skills);
    return [...resources].filter(
      ([uri, { serverId }]) =>
        this.#isResource(serverId, uri) &&
        listRoots(uri).some((root) => isOfAnother(roots.get(root), serverId)),
    );
  }

  #isResource(serverId: string, uri: string): boolean {
    return hasSkillScheme(uri) && !this.#servesSkills(serverId);
  }
}

/** The servers of skills by the roots that clients can use: their own, and those that they have for clients. */
function toRoots(skills: Owners): Map<string, string[]> {
  const roots = new Map<string, string[]>();
  for (const [exposed, owner] of skills)
    for (const root of listOwnRoots(exposed, owner))
      roots.set(root, [...(roots.get(root) ?? []), owner.serverId]);
  return roots;
}

function listOwnRoots(exposed: string, { name: path }: Owner): string[] {
  return [toSkillRoot(path), toSkillRoot(`${exposed}/${toSkillName(path)}`)];
}

function isOfAnother(servers: string[] | undefined, serverId: string): boolean {
  return servers?.some((id) => id !== serverId) ?? false;
}
