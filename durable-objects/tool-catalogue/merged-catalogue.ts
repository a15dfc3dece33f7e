import { createHash } from "node:crypto";
import type { Era, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListView, ParamHeader, ServerHealth } from "../../workers/contract/rpc/admission.ts";
import type {
  CatalogueItem,
  ToolCatalogue,
  ServerCheck,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { findParamHeaders } from "../../workers/mcp/headers.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { readStored } from "../storage/stored-json.ts";
import { exposeNames, type ExposedNames } from "./exposed-names.ts";
import { findResourceConflicts } from "./resource-conflicts.ts";
import { matchesTemplate } from "./uri-template.ts";

export type ListKind = "tools" | "prompts" | "resources" | "templates";

const PAGE_ITEMS = 1_000;

interface Listed {
  server: ServerRecord;
  /** The server's own name or URI. */
  key: string;
  json: string;
}

export type Resolved = { server: ServerRecord; key: string };

/**
 * All enabled servers' last known offers as one: what is listed, and where a name or URI leads. Built once per
 * version of configuration and catalogues; lists are kept as ready texts, per principal and era.
 */
export class MergedCatalogue {
  readonly #version: string;
  readonly #servers: ServerRecord[];
  readonly #catalogues: Map<string, ToolCatalogue>;
  readonly #tools: ExposedNames;
  readonly #prompts: ExposedNames;
  readonly #views = new Map<string, string[]>();
  readonly #fingerprints = new Map<string, string>();
  readonly #uris = new Map<string, Set<string>>();
  readonly #paramHeaders = new Map<string, ParamHeader[] | null>();

  /** `servers`: enabled ones, by position. `version` must differ for every other content. */
  constructor(version: string, servers: ServerRecord[], catalogues: Map<string, ToolCatalogue>) {
    this.#version = version;
    this.#servers = servers;
    this.#catalogues = catalogues;
    this.#tools = this.#expose("tools");
    this.#prompts = this.#expose("prompts");
  }

  /** One page of a list as the caller may see it; null: the cursor is not of this version. */
  list(
    kind: ListKind,
    era: Era,
    access: ToolAccess,
    cursor: string | null,
    have: string | null,
  ): ListView | null {
    const key = `${this.#version}.${kind}.${era}.${access.key}`;
    const offset = cursor === null ? 0 : readCursor(cursor, key);
    if (offset === null) return null;
    const etag = `${key}.${offset}`;
    let items = this.#views.get(key);
    if (!items) {
      items = this.#visible(kind, access).map((listed) => this.#present(kind, era, listed));
      this.#views.set(key, items);
    }
    const end = offset + PAGE_ITEMS;
    return {
      etag,
      items: have === etag ? null : `[${items.slice(offset, end).join(",")}]`,
      nextCursor: end < items.length ? makeCursor(end, key) : null,
    };
  }

  /** Differs whenever the list would, in either era; made when first asked for. */
  fingerprint(kind: ListKind, access: ToolAccess): string {
    const key = `${kind} ${access.key}`;
    const known = this.#fingerprints.get(key);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for (const { server, key, json } of this.#visible(kind, access))
      hash.update(`${this.#exposedName(kind, server, key)}\0${json}\0`);
    const print = hash.digest("base64url");
    this.#fingerprints.set(key, print);
    return print;
  }

  /** The server and own name behind a name that a client used. */
  findTool(name: string): Resolved | null {
    return this.#resolve(this.#tools, name);
  }

  findPrompt(name: string): Resolved | null {
    return this.#resolve(this.#prompts, name);
  }

  /** The server of a URI among those that `usable` admits: the one that lists it, else whose template matches, else the only one with resources. */
  findResource(uri: string, usable: (server: ServerRecord) => boolean): Resolved | null {
    const servers = this.#servers.filter(
      (server) => usable(server) && this.#offers(server, "resources"),
    );
    const fits = ({ key }: CatalogueItem) => key === uri || matchesTemplate(key, uri);
    const server =
      servers.find(({ id }) => this.#urisOf(id).has(uri)) ??
      servers.find((candidate) => this.#items(candidate, "templates").some(fits)) ??
      (servers.length === 1 ? servers[0] : undefined);
    return server ? { server, key: uri } : null;
  }

  /** The `x-mcp-header` annotations of a tool; null: none. */
  paramHeaders(server: ServerRecord, tool: string): ParamHeader[] | null {
    const key = `${server.id} ${tool}`;
    const known = this.#paramHeaders.get(key);
    if (known !== undefined) return known;
    const item = this.#items(server, "tools").find((candidate) => candidate.key === tool);
    const headers = item?.json.includes("x-mcp-header")
      ? findParamHeaders(readItem(item.json)["inputSchema"])
      : [];
    const found = headers === "invalid" || headers.length === 0 ? null : headers;
    this.#paramHeaders.set(key, found);
    return found;
  }

  /** What the gateway offers the caller: the union of what the servers do; changes of lists it tells of itself. */
  capabilities(access: ToolAccess): {
    capabilities: Record<string, unknown>;
    instructions: string | null;
  } {
    const capabilities: Record<string, unknown> = { tools: { listChanged: true } };
    let subscribe = {};
    const instructions: [string, string][] = [];
    for (const server of this.#servers) {
      const catalogue = this.#catalogues.get(server.id);
      if (!catalogue || !access.mayKnowServer(server.slug)) continue;
      const { prompts, resources } = catalogue.capabilities;
      if (prompts !== undefined) capabilities["prompts"] = { listChanged: true };
      if (isObject(resources) && resources["subscribe"] === true) subscribe = { subscribe: true };
      if (resources !== undefined) capabilities["resources"] = { ...subscribe, listChanged: true };
      for (const name of ["completions", "logging"]) {
        if (name in catalogue.capabilities) capabilities[name] = {};
      }
      if (catalogue.instructions) instructions.push([server.name, catalogue.instructions]);
    }
    const only = this.#servers.length === 1 ? instructions[0]?.[1] : undefined;
    const text = only ?? instructions.map(([name, words]) => `## ${name}\n\n${words}`).join("\n\n");
    return { capabilities, instructions: text || null };
  }

  /** The tools of one server as the admin sees them. */
  toolsOf(server: ServerRecord): { exposedName: string; name: string; json: string }[] {
    return this.#items(server, "tools").map(({ key, json }) => ({
      exposedName: this.#exposedName("tools", server, key),
      name: key,
      json,
    }));
  }

  /** The catalogue of one server as the admin sees it, with what of it clients get from another; null: not seen yet. */
  toolCatalogueOf(server: ServerRecord): ToolCatalogue | null {
    const catalogue = this.#catalogues.get(server.id);
    if (!catalogue) return null;
    const clashes = findResourceConflicts(this.#servers, this.#catalogues, server);
    return { ...catalogue, warnings: [...catalogue.warnings, ...clashes] };
  }

  #visible(kind: ListKind, access: ToolAccess): Listed[] {
    return this.#listed(kind).filter(({ server, key }) =>
      kind === "tools" ? access.mayCall(server.slug, key) : access.mayUseServer(server.slug),
    );
  }

  /** Tools and prompts of every server; of a resource that several servers list, the first one's. */
  #listed(kind: ListKind): Listed[] {
    const all = this.#servers.flatMap((server) =>
      this.#items(server, kind).map((item) => ({ server, ...item })),
    );
    if (kind === "tools" || kind === "prompts") return all;
    const seen = new Set<string>();
    return all.filter(({ key }) => !seen.has(key) && seen.add(key));
  }

  /** The name of a tool or prompt as clients see it; a URI stays what it is. */
  #exposedName(kind: ListKind, server: ServerRecord, key: string): string {
    if (kind === "resources" || kind === "templates") return key;
    const names = kind === "tools" ? this.#tools : this.#prompts;
    return names.byServer.get(server.id)?.get(key) ?? key;
  }

  #present(kind: ListKind, era: Era, { server, key, json }: Listed): string {
    if (kind === "resources" || kind === "templates") return json;
    // Task-augmented calls are not relayed in either era.
    const { execution: _execution, ...item } = readItem(json);
    item["name"] = this.#exposedName(kind, server, key);
    const output = item["outputSchema"];
    if (era === "legacy" && isObject(output) && output["type"] !== "object") {
      // Before 2026-07-28 an output schema describes an object: a result is wrapped the same way.
      item["outputSchema"] = {
        type: "object",
        properties: { result: output },
        required: ["result"],
      };
    }
    return JSON.stringify(item);
  }

  #expose(kind: "tools" | "prompts"): ExposedNames {
    return exposeNames(
      this.#servers.map((server) => ({
        serverId: server.id,
        slug: server.slug,
        prefix: server.prefix,
        names: this.#items(server, kind).map((item) => item.key),
      })),
    );
  }

  #resolve(names: ExposedNames, name: string): Resolved | null {
    const target = names.find(name);
    const server = target && this.#servers.find((candidate) => candidate.id === target.serverId);
    return target && server ? { server, key: target.name } : null;
  }

  #items(server: ServerRecord, kind: ListKind): CatalogueItem[] {
    return this.#catalogues.get(server.id)?.[kind] ?? [];
  }

  /** Clients follow many resources at once, and each is looked up at every change. */
  #urisOf(serverId: string): Set<string> {
    const known = this.#uris.get(serverId);
    if (known) return known;
    const uris = new Set(this.#catalogues.get(serverId)?.resources.map(({ key }) => key));
    this.#uris.set(serverId, uris);
    return uris;
  }

  #offers(server: ServerRecord, capability: string): boolean {
    return capability in (this.#catalogues.get(server.id)?.capabilities ?? {});
  }
}

/** A server's health from its last check. */
export function toHealth(
  server: ServerRecord,
  catalogue: ToolCatalogue | undefined,
  check: ServerCheck | undefined,
): ServerHealth {
  const status = !server.enabled ? "disabled" : !check ? "unknown" : check.error ? "failing" : "ok";
  return {
    slug: server.slug,
    name: server.name,
    status,
    transport: server.transport,
    era: server.era,
    tools: catalogue?.tools.length ?? 0,
    check: check ?? null,
  };
}

function readItem(json: string): Record<string, unknown> {
  return readStored(json);
}

function makeCursor(offset: number, key: string): string {
  return btoa(`${offset}.${key}`).replaceAll("=", "");
}

function readCursor(cursor: string, key: string): number | null {
  try {
    const text = atob(cursor);
    const offset = Number(text.slice(0, text.indexOf(".")));
    return text === `${offset}.${key}` && Number.isSafeInteger(offset) && offset > 0
      ? offset
      : null;
  } catch {
    return null;
  }
}
