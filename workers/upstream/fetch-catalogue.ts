import {
  MAX_ITEMS_PER_SERVER,
  MAX_JSON_DEPTH,
  MAX_LIST_PAGES,
  MAX_RESPONSE_BYTES,
} from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import type {
  CatalogueItem,
  Detected,
  ToolCatalogue,
  UpstreamError,
} from "../contract/rpc/tool-catalogue.ts";
import { findParamHeaders } from "../mcp/headers.ts";
import { isObject } from "../mcp/json.ts";
import { ERROR } from "../mcp/protocol.ts";
import { openUpstreamConnection, type UpstreamConnection } from "./connection.ts";
import { withTotalTimeout, type Peer, type UpstreamOptions } from "./json-rpc.ts";
import { badResponse } from "./upstream-errors.ts";

/** A server's tool catalogue, or why it cannot be fetched. */
export type FetchedCatalogue =
  | { ok: true; catalogue: ToolCatalogue }
  | { ok: false; error: UpstreamError };

/** Most characters of one item's JSON text: a row of a Durable Object holds 2 MB. */
const MAX_ITEM_LENGTH = 512 * 1024;
/** Most characters of one server's catalogue: all catalogues of a workspace share one object's memory. */
const MAX_CATALOGUE_LENGTH = MAX_RESPONSE_BYTES;
/** Most warnings of one server. */
const MAX_WARNINGS = 20;

interface List {
  kind: "tools" | "prompts" | "resources" | "templates";
  capability: string;
  method: string;
  member: string;
  keyMember: string;
}

const LISTS: List[] = [
  { kind: "tools", capability: "tools", method: "tools/list", member: "tools", keyMember: "name" },
  {
    kind: "prompts",
    capability: "prompts",
    method: "prompts/list",
    member: "prompts",
    keyMember: "name",
  },
  {
    kind: "resources",
    capability: "resources",
    method: "resources/list",
    member: "resources",
    keyMember: "uri",
  },
  {
    kind: "templates",
    capability: "resources",
    method: "resources/templates/list",
    member: "resourceTemplates",
    keyMember: "uriTemplate",
  },
];

/** The state of fetching one server's lists. */
interface FetchState {
  era: Era;
  length: number;
  warnings: Set<string>;
}

/**
 * Fetches a server's tool catalogue: every page of every list, within the limits. Unusable items are left out with a
 * warning. Only a failure of the handshake or of the tool list fails the whole fetch.
 */
export function fetchCatalogue(
  peer: Peer & { detected: Detected },
  options: UpstreamOptions,
): Promise<FetchedCatalogue> {
  return withTotalTimeout(options, async (limited) => {
    const opened = await openUpstreamConnection(peer, peer.detected, limited);
    if (!opened.ok) return { ok: false, error: opened.error };
    try {
      return await fetchLists(opened.connection, peer.detected.era);
    } finally {
      await opened.connection.close();
    }
  });
}

async function fetchLists(connection: UpstreamConnection, era: Era): Promise<FetchedCatalogue> {
  const { introduction } = connection;
  if (toJson(introduction) === null)
    return {
      ok: false,
      error: badResponse("The server's introduction is too large or too deeply nested"),
    };
  const state: FetchState = { era, length: 0, warnings: new Set() };
  const lists: Record<List["kind"], CatalogueItem[]> = {
    tools: [],
    prompts: [],
    resources: [],
    templates: [],
  };
  for (const list of LISTS) {
    if (!(list.capability in introduction.capabilities)) continue;
    const read = await readList(connection, list, state);
    if (read.ok) lists[list.kind] = read.items;
    else if (list.kind === "tools") return read;
    else state.warnings.add(`${list.method}: ${read.error.message}`);
  }
  return {
    ok: true,
    catalogue: { ...introduction, ...lists, warnings: [...state.warnings].slice(0, MAX_WARNINGS) },
  };
}

async function readList(
  connection: UpstreamConnection,
  list: List,
  state: FetchState,
): Promise<{ ok: true; items: CatalogueItem[] } | { ok: false; error: UpstreamError }> {
  const items = new Map<string, CatalogueItem>();
  const cursors = new Set<string>();
  for (let params: Record<string, unknown> = {}; ;) {
    const page = await connection.request(list.method, params);
    if (!page.ok)
      return page.rpcError?.code === ERROR.methodNotFound
        ? { ok: true, items: [] }
        : { ok: false, error: page.error };
    const found = page.result[list.member];
    if (!Array.isArray(found))
      return {
        ok: false,
        error: badResponse(`The server's response to ${list.method} has no list`),
      };
    const isFull = addItems(items, found, list, state);
    const cursor = page.result["nextCursor"];
    if (typeof cursor !== "string" && !isFull) return { ok: true, items: [...items.values()] };
    const stop = isFull
      ? "more than the gateway keeps"
      : stopReason(String(cursor), cursors, state);
    if (stop) {
      state.warnings.add(`${list.method}: the server sends ${stop}; the rest is left out`);
      return { ok: true, items: [...items.values()] };
    }
    params = { cursor };
  }
}

/** Why no further page is read; null: the next one is. */
function stopReason(cursor: string, cursors: Set<string>, state: FetchState): string | null {
  if (cursors.has(cursor)) return "the same cursor twice";
  if (cursors.size + 1 >= MAX_LIST_PAGES) return "more pages than the gateway reads";
  cursors.add(cursor);
  state.length += cursor.length;
  return state.length > MAX_CATALOGUE_LENGTH ? "more than the gateway keeps" : null;
}

/** Adds a page's items; true: a limit was reached. */
function addItems(
  items: Map<string, CatalogueItem>,
  page: unknown[],
  list: List,
  state: FetchState,
): boolean {
  for (const item of page) {
    const key: unknown = isObject(item) ? item[list.keyMember] : undefined;
    if (!isObject(item) || typeof key !== "string" || key === "" || key.length > 2048) {
      warn(state, `${list.method}: an item without a usable ${list.keyMember} is left out`);
      continue;
    }
    const json = toJson(item);
    const fault =
      json === null
        ? "is too large or too deeply nested"
        : items.has(key)
          ? "is listed twice"
          : findFault(item, list, state.era);
    if (fault !== null || json === null) {
      warn(state, `${list.method}: ${toDisplayName(key)} ${fault}; it is left out`);
      continue;
    }
    if (items.size >= MAX_ITEMS_PER_SERVER || state.length + json.length > MAX_CATALOGUE_LENGTH)
      return true;
    items.set(key, { key, json });
    state.length += json.length;
  }
  return false;
}

function findFault(item: Record<string, unknown>, list: List, era: Era): string | null {
  if (list.kind !== "tools") return null;
  if (!isObject(item["inputSchema"])) return "has no input schema";
  const isInvalid = era === "modern" && findParamHeaders(item["inputSchema"]) === "invalid";
  return isInvalid ? "has an invalid x-mcp-header annotation" : null;
}

function warn(state: FetchState, warning: string): void {
  // Half of the warnings are reserved for whole lists.
  if (state.warnings.size < MAX_WARNINGS / 2) state.warnings.add(warning);
}

/** A name in a warning. An unusual name is not shown: it could imitate other text (spoofing). */
function toDisplayName(key: string): string {
  return /^[\w.:/{}-]{1,128}$/.test(key) ? `"${key}"` : "an item with an unusual name";
}

/** The JSON text of a value; null: it is nested too deeply or too long for clients. */
function toJson(value: unknown): string | null {
  if (isDeeperThan(MAX_JSON_DEPTH, value)) return null;
  const json = JSON.stringify(value);
  return json.length > MAX_ITEM_LENGTH ? null : json;
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}
