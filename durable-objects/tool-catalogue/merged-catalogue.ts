import { createHash } from "node:crypto";
import type { Era, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListView } from "../../workers/contract/rpc/admission.ts";
import type {
  CatalogueItem,
  ListKind,
  ToolCatalogue,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { toLegacyOutputSchema } from "../../workers/mcp/definitions/output-schema.ts";
import {
  editObject,
  findMemberText,
  RESPONSE_LIMITS,
  scanJson,
  type ObjectEdits,
} from "../../workers/mcp/json-scan.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import type { CatalogueNames } from "./catalogue-names.ts";
import type { ExposedNames } from "./exposed-names.ts";
import { toClientInstructions } from "./instructions.ts";
import { makeCursor, readCursor } from "./list-cursor.ts";
import { listNameWarnings } from "./name-warnings.ts";
import { ResourceOwners } from "./resource-owners.ts";
import { showTool, toTaskCapabilities, type TaskClient } from "./task-support.ts";
import { readToolDetails, type ToolDetails } from "./tool-details.ts";

/** Items of one page of a list. */
const PAGE_SIZE = 1_000;

interface ListedItem {
  server: ServerRecord;
  /** The server's own name or URI. */
  key: string;
  json: string;
}

/** The server of a call, and the server's own name of the tool or prompt, or the resource's URI. */
export interface CallTarget {
  server: ServerRecord;
  key: string;
}

/**
 * The tool catalogues of all enabled servers in one: lists under exposed names, and the server behind a name or URI.
 * Built once for each version of configuration and catalogues. List items are cached as JSON texts by permissions, era
 * and use of tasks.
 */
export class MergedCatalogue {
  readonly #version: string;
  readonly #servers: ServerRecord[];
  readonly #catalogues: Map<string, ToolCatalogue>;
  readonly #names: CatalogueNames;
  /** JSON texts of a list's items. */
  readonly #renderedLists = new Map<string, string[]>();
  readonly #fingerprints = new Map<string, string>();
  readonly #resources: ResourceOwners;
  readonly #toolDetails = new Map<string, ToolDetails>();

  /** `servers`: the enabled ones, by position. `version` must be different for different content. */
  constructor(
    version: string,
    servers: ServerRecord[],
    catalogues: Map<string, ToolCatalogue>,
    names: CatalogueNames,
  ) {
    this.#version = version;
    this.#names = names;
    this.#servers = servers;
    this.#catalogues = catalogues;
    this.#resources = new ResourceOwners(servers, catalogues, names);
  }

  /** One page of what this client can use with these permissions; null: the cursor is invalid or of another version. */
  list(
    kind: ListKind,
    client: TaskClient,
    access: ToolAccess,
    cursor: string | null,
    knownEtag: string | null,
  ): ListView | null {
    const tasks = kind === "tools" && client.acceptsTasks ? ".tasks" : "";
    const key = `${this.#version}.${kind}.${client.era}${tasks}.${access.key}`;
    const offset = cursor === null ? 0 : readCursor(cursor, key);
    if (offset === null) return null;
    const etag = `${key}.${offset}`;
    let items = this.#renderedLists.get(key);
    if (!items) {
      items = this.#listVisible(kind, access).flatMap((item) => this.#render(kind, client, item));
      this.#renderedLists.set(key, items);
    }
    const end = offset + PAGE_SIZE;
    return {
      etag,
      items: knownEtag === etag ? null : `[${items.slice(offset, end).join(",")}]`,
      nextCursor: end < items.length ? makeCursor(end, key) : null,
    };
  }

  /** A hash of the list for these permissions; it changes when the list changes in either era. */
  fingerprint(kind: ListKind, access: ToolAccess): string {
    const key = `${kind} ${access.key}`;
    const known = this.#fingerprints.get(key);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for (const { server, key, json } of this.#listVisible(kind, access))
      hash.update(`${this.#exposedName(kind, server, key)}\0${json}\0`);
    const fingerprint = hash.digest("base64url");
    this.#fingerprints.set(key, fingerprint);
    return fingerprint;
  }

  /** The tool behind a name that a client used; null: there is none. */
  findTool(name: string): CallTarget | null {
    return this.#resolve(this.#names.tools, name);
  }

  /** The prompt behind a name that a client used; null: there is none. */
  findPrompt(name: string): CallTarget | null {
    return this.#resolve(this.#names.prompts, name);
  }

  /** The server of a URI, among those for which `isUsable` holds; null: none. */
  findResource(uri: string, isUsable: (server: ServerRecord) => boolean): CallTarget | null {
    const server = this.#resources.find(uri, isUsable);
    return server ? { server, key: uri } : null;
  }

  /** What a call of a tool needs of its definition. */
  toolDetails(server: ServerRecord, tool: string): ToolDetails {
    const key = `${server.id} ${tool}`;
    const known = this.#toolDetails.get(key);
    if (known) return known;
    const item = this.#items(server, "tools").find((candidate) => candidate.key === tool);
    const details = readToolDetails(item?.json ?? "{}");
    this.#toolDetails.set(key, details);
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
      if (!catalogue || !access.mayKnowServer(server.id)) continue;
      const { prompts, resources } = catalogue.capabilities;
      if (prompts !== undefined) capabilities["prompts"] = { listChanged: true };
      if (isObject(resources) && resources["subscribe"] === true) subscribe = { subscribe: true };
      if (resources !== undefined) capabilities["resources"] = { ...subscribe, listChanged: true };
      for (const name of ["completions", "logging"]) {
        if (name in catalogue.capabilities) capabilities[name] = {};
      }
      const names = this.#names.tools.byServer.get(server.id) ?? new Map<string, string>();
      if (catalogue.instructions)
        instructions.push([server.name, toClientInstructions(catalogue.instructions, names)]);
    }
    const only = this.#servers.length === 1 ? instructions[0]?.[1] : undefined;
    const text = only ?? instructions.map(([name, lines]) => `## ${name}\n\n${lines}`).join("\n\n");
    return { capabilities, instructions: text || null };
  }

  /** The ids of the gateways among the servers that these permissions allow to know, and of those that they lead to. */
  leadsTo(access: ToolAccess): string[] {
    const servers = this.#servers.filter(({ slug }) => access.mayKnowServer(slug));
    return servers.flatMap(({ id }) => this.#catalogues.get(id)?.leadsTo ?? []);
  }

  /** The gateway's capabilities concerning tasks, for these permissions. */
  taskCapabilities(access: ToolAccess, era: Era): Record<string, unknown> {
    const known = this.#servers.filter(({ id }) => access.mayKnowServer(id));
    return toTaskCapabilities(known, (server) => this.#capabilitiesOf(server), era);
  }

  /** The tools of one server with their exposed names, independent of permissions. */
  listTools(server: ServerRecord): { exposedName: string; name: string; json: string }[] {
    return this.#items(server, "tools").map(({ key, json }) => ({
      exposedName: this.#exposedName("tools", server, key) ?? "",
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

  #listVisible(kind: ListKind, access: ToolAccess): ListedItem[] {
    return this.#listItems(kind).filter(({ server, key }) =>
      kind === "tools" ? access.mayCall(server.id, key) : access.mayUseServer(server.id),
    );
  }

  /** The items of every server. A resource or template that several servers list is taken from its owner. */
  #listItems(kind: ListKind): ListedItem[] {
    const all = this.#servers.flatMap((server) =>
      this.#items(server, kind).map((item) => ({ server, ...item })),
    );
    if (kind === "tools" || kind === "prompts")
      return all.filter(({ server, key }) => this.#exposedName(kind, server, key) !== undefined);
    const isOwn = ({ server, key }: ListedItem) =>
      this.#names[kind].get(key)?.serverId === server.id;
    const seen = new Set(all.filter(isOwn).map(({ key }) => key));
    return all.filter((item) => isOwn(item) || (!seen.has(item.key) && seen.add(item.key)));
  }

  /** The exposed name of a tool or prompt; URIs are not changed. */
  #exposedName(kind: ListKind, server: ServerRecord, key: string): string | undefined {
    if (kind === "resources" || kind === "templates") return key;
    return this.#names[kind].byServer.get(server.id)?.get(key);
  }

  /** The item as the client gets it; none: the client cannot use it. */
  #render(kind: ListKind, client: TaskClient, { server, key, json }: ListedItem): string[] {
    if (kind === "resources" || kind === "templates") return [json];
    const shown =
      kind === "tools" ? showTool(json, server, this.#capabilitiesOf(server), client) : "plain";
    const scan = shown === "hidden" ? null : scanJson(json, RESPONSE_LIMITS);
    if (!scan?.ok || !scan.root) return [];
    const edits: ObjectEdits = { name: JSON.stringify(this.#exposedName(kind, server, key)) };
    if (shown !== "with_execution") edits["execution"] = null;
    const output = findMemberText(json, scan.root, "outputSchema");
    if (output !== undefined && client.era === "legacy")
      edits["outputSchema"] = toLegacyOutputSchema(output);
    return [editObject(json, scan.root, edits)];
  }

  #resolve(names: ExposedNames, name: string): CallTarget | null {
    const target = names.find(name);
    const server = target && this.#servers.find((candidate) => candidate.id === target.serverId);
    return target && server ? { server, key: target.name } : null;
  }

  #items(server: ServerRecord, kind: ListKind): CatalogueItem[] {
    return this.#catalogues.get(server.id)?.[kind] ?? [];
  }

  #capabilitiesOf(server: ServerRecord): Record<string, unknown> {
    return this.#catalogues.get(server.id)?.capabilities ?? {};
  }
}
