import { toDefinitionId } from "../../workers/contract/definitions/list-definitions.ts";
import type { Era, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { SkillRoute } from "../../workers/contract/rpc/admission.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { isObject } from "../../workers/mcp/json.ts";
import { SKILLS_EXTENSION } from "../../workers/mcp/protocol.ts";
import { declaresSkills } from "../../workers/mcp/skills/skills-capability.ts";
import { findHold, type CalledKind } from "../policy/definition-hold.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { findExposedName, type CatalogueNames } from "./catalogue-names.ts";
import type { ExposedNames } from "./exposed-names.ts";
import { ExposedSkills } from "./exposed-skills.ts";
import { describeUnlisted, toClientInstructions } from "./instructions.ts";
import { MergedLists } from "./merged-lists.ts";
import { listNameWarnings } from "./name-warnings.ts";
import { ResourceOwners } from "./resource-owners.ts";
import type { ServedCatalogues } from "./served-catalogues.ts";
import { toTaskCapabilities } from "./task-support.ts";
import { readToolDetails, type ToolDetails } from "./tool-details.ts";

/** The server of a call, and the server's own name of the tool or prompt, or the resource's URI. */
export interface CallTarget {
  server: ServerRecord;
  key: string;
  /** Of a file of a skill, or of its entry: what the response must be. Absent: the call concerns no skill. */
  skill?: SkillRoute;
}

/**
 * The tool catalogues of all enabled servers in one: lists under exposed names, and the server behind a name or URI.
 * Built once for each version of configuration and catalogues.
 */
export class MergedCatalogue {
  readonly lists: MergedLists;
  readonly #servers: ServerRecord[];
  readonly #served: ServedCatalogues;
  readonly #catalogues: ReadonlyMap<string, ToolCatalogue>;
  readonly #names: CatalogueNames;
  readonly #resources: ResourceOwners;
  readonly #toolDetails = new Map<string, ToolDetails>();
  #skills: ExposedSkills | null = null;

  /** `servers`: the enabled ones, by position. `version` must be different for different content. */
  constructor(
    version: string,
    servers: ServerRecord[],
    served: ServedCatalogues,
    names: CatalogueNames,
  ) {
    const { catalogues } = served;
    this.#names = names;
    this.#servers = servers;
    this.#served = served;
    this.#catalogues = catalogues;
    this.#resources = new ResourceOwners(servers, catalogues, names);
    this.lists = new MergedLists(version, servers, catalogues, names);
  }

  /** The tool behind a name that a client used; null: there is none. */
  findTool(name: string): CallTarget | null {
    return this.#resolve("tool", this.#names.tools, name);
  }

  /** The prompt behind a name that a client used; null: there is none. */
  findPrompt(name: string): CallTarget | null {
    return this.#resolve("prompt", this.#names.prompts, name);
  }

  /** The server of a URI, among those for which `isUsable` holds; null: none. */
  findResource(uri: string, isUsable: (server: ServerRecord) => boolean): CallTarget | null {
    const server = this.#resources.find(uri, isUsable);
    return server ? { server, key: uri } : null;
  }

  /** The skills of all servers, by the URIs that clients use. */
  get skills(): ExposedSkills {
    this.#skills ??= new ExposedSkills(this.#servers, this.#catalogues, this.#names.skills, (uri) =>
      this.isResource(uri),
    );
    return this.#skills;
  }

  /** Whether a URI is a resource of a server that serves no skills, which has had it before any skill. */
  isResource(uri: string): boolean {
    const owner = this.#names.resources.get(uri);
    return (
      owner !== undefined &&
      !declaresSkills(this.#catalogues.get(owner.serverId)?.capabilities ?? {})
    );
  }

  /** Whether the server declares the skills extension: it serves `skill://` URIs as files of skills only. */
  servesSkills({ id }: ServerRecord): boolean {
    return declaresSkills(this.#catalogues.get(id)?.capabilities ?? {});
  }

  /** Why a call is not sent although its caller may make it (`findHold`). */
  findHold(kind: CalledKind, { server, key }: CallTarget): "definition_held" | null {
    return findHold(this.#served.find(server.id), kind, key);
  }

  /** What a call of a tool needs of its definition. */
  toolDetails(server: ServerRecord, tool: string): ToolDetails {
    const id = `${server.id} ${tool}`;
    const known = this.#toolDetails.get(id);
    if (known) return known;
    const item = this.#catalogues.get(server.id)?.tools.find(({ key }) => key === tool);
    const details = readToolDetails(item?.json ?? "{}");
    this.#toolDetails.set(id, details);
    return details;
  }

  /**
   * The gateway's capabilities and instructions for these permissions: the union of the servers'. `listChanged` is
   * always declared, because the gateway itself sends these notifications.
   */
  capabilities(access: ToolAccess): {
    capabilities: Record<string, unknown>;
    instructions: string | null;
  } {
    const capabilities: Record<string, unknown> = { tools: { listChanged: true } };
    let subscribe = {};
    const instructions: [string, string][] = [];
    for (const server of this.#servers) {
      const catalogue = this.#catalogues.get(server.id);
      if (!access.mayKnowServer(server.id)) continue;
      if (!catalogue) {
        if (server.perPerson) instructions.push([server.name, describeUnlisted(server)]);
        continue;
      }
      const { prompts, resources } = catalogue.capabilities;
      if (prompts !== undefined) capabilities["prompts"] = { listChanged: true };
      if (isObject(resources) && resources["subscribe"] === true) subscribe = { subscribe: true };
      if (resources !== undefined) capabilities["resources"] = { ...subscribe, listChanged: true };
      if (declaresSkills(catalogue.capabilities)) {
        capabilities["extensions"] = { [SKILLS_EXTENSION]: { directoryRead: true } };
        // Files of skills are read as resources, so that a client looks for both.
        capabilities["resources"] ??= { listChanged: true };
      }
      for (const name of ["completions", "logging"]) {
        if (name in catalogue.capabilities) capabilities[name] = {};
      }
      const names = this.#names.tools.byServer.get(server.id) ?? new Map<string, string>();
      if (catalogue.instructions)
        instructions.push([server.name, toClientInstructions(catalogue.instructions, names)]);
    }
    const isOnly = this.#servers.length === 1 || access.only !== null;
    const text =
      (isOnly ? instructions[0]?.[1] : undefined) ??
      instructions.map(([name, lines]) => `## ${name}\n\n${lines}`).join("\n\n");
    return { capabilities, instructions: text || null };
  }

  /** The ids of the gateways among the servers that these permissions allow to know, and of those that they lead to. */
  leadsTo(access: ToolAccess): string[] {
    const servers = this.#servers.filter(({ id }) => access.mayKnowServer(id));
    return servers.flatMap(({ id }) => this.#catalogues.get(id)?.leadsTo ?? []);
  }

  /** The gateway's capabilities concerning tasks, for these permissions. */
  taskCapabilities(access: ToolAccess, era: Era): Record<string, unknown> {
    const known = this.#servers.filter(({ id }) => access.mayKnowServer(id));
    const capabilitiesOf = ({ id }: ServerRecord) => this.#catalogues.get(id)?.capabilities ?? {};
    return toTaskCapabilities(known, capabilitiesOf, era);
  }

  /** The tools of one server with their exposed names, independent of permissions. */
  listTools(server: ServerRecord): { exposedName: string; name: string; json: string }[] {
    const tools = this.#catalogues.get(server.id)?.tools ?? [];
    return tools.map(({ key, json }) => ({
      exposedName: findExposedName(this.#names, "tools", server.id, key) ?? "",
      name: key,
      json,
    }));
  }

  /**
   * The catalogue of one server, with warnings about names that another server has or that look like those of another
   * one; null: not fetched yet. `all`: the servers of the workspace.
   */
  findToolCatalogue(server: ServerRecord, all: ServerRecord[]): ToolCatalogue | null {
    const catalogue = this.#catalogues.get(server.id);
    if (!catalogue) return null;
    const warnings = listNameWarnings(server, all, this.#catalogues, this.#names);
    return { ...catalogue, warnings: [...warnings, ...catalogue.warnings] };
  }

  #resolve(kind: "tool" | "prompt", names: ExposedNames, name: string): CallTarget | null {
    const target = names.find(name);
    // Its name is reserved, but there is nothing behind it.
    const served = target && this.#served.find(target.serverId);
    if (served?.closed.get(toDefinitionId(kind, target?.name ?? "")) === "removed") return null;
    const server = target && this.#servers.find((candidate) => candidate.id === target.serverId);
    return target && server ? { server, key: target.name } : null;
  }
}
