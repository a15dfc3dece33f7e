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
import { badResponse } from "./guarded-fetch.ts";
import { withTotalTimeout, type Peer, type UpstreamOptions } from "./json-rpc.ts";

export type FetchedCatalogue =
  | { ok: true; catalogue: ToolCatalogue }
  | { ok: false; error: UpstreamError };

/** Longest JSON text of one item: rows of a Durable Object hold 2 MB. */
const MAX_ITEM_LENGTH = 512 * 1024;
/** Most that is kept of one server in all: a workspace's catalogues share one object's memory. */
const MAX_CATALOGUE_LENGTH = MAX_RESPONSE_BYTES;
/** A server that gives much cause for warning is described well enough by the first ones. */
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

/** What has been gathered so far of one server. */
interface Harvest {
  era: Era;
  length: number;
  warnings: Set<string>;
}

/**
 * Everything that a server offers, every page of every list within the limits. What cannot be used is left out with a
 * warning; only a failing tool list, or introduction, is a failure of the whole.
 */
export function fetchCatalogue(
  peer: Peer & { detected: Detected },
  options: UpstreamOptions,
): Promise<FetchedCatalogue> {
  return withTotalTimeout(options, async (limited) => {
    const opened = await openUpstreamConnection(peer, peer.detected, limited);
    if (!opened.ok) return { ok: false, error: opened.error };
    try {
      return await gather(opened.conversation, peer.detected.era);
    } finally {
      await opened.conversation.close();
    }
  });
}

async function gather(conversation: UpstreamConnection, era: Era): Promise<FetchedCatalogue> {
  const { about } = conversation;
  if (toJson(about) === null)
    return {
      ok: false,
      error: badResponse("The server's introduction is too large or too deeply nested"),
    };
  const harvest: Harvest = { era, length: 0, warnings: new Set() };
  const lists: Record<List["kind"], CatalogueItem[]> = {
    tools: [],
    prompts: [],
    resources: [],
    templates: [],
  };
  for (const list of LISTS) {
    if (!(list.capability in about.capabilities)) continue;
    const read = await readList(conversation, list, harvest);
    if (read.ok) lists[list.kind] = read.items;
    else if (list.kind === "tools") return read;
    else harvest.warnings.add(`${list.method}: ${read.error.message}`);
  }
  return {
    ok: true,
    catalogue: { ...about, ...lists, warnings: [...harvest.warnings].slice(0, MAX_WARNINGS) },
  };
}

async function readList(
  conversation: UpstreamConnection,
  list: List,
  harvest: Harvest,
): Promise<{ ok: true; items: CatalogueItem[] } | { ok: false; error: UpstreamError }> {
  const items = new Map<string, CatalogueItem>();
  const cursors = new Set<string>();
  for (let params: Record<string, unknown> = {}; ;) {
    const page = await conversation.ask(list.method, params);
    if (!page.ok)
      return page.rpcError?.code === ERROR.methodNotFound
        ? { ok: true, items: [] }
        : { ok: false, error: page.error };
    const found = page.result[list.member];
    if (!Array.isArray(found))
      return {
        ok: false,
        error: badResponse(`The server's answer to ${list.method} holds no list`),
      };
    const isFull = addItems(items, found, list, harvest);
    const cursor = page.result["nextCursor"];
    if (typeof cursor !== "string" && !isFull) return { ok: true, items: [...items.values()] };
    const stop = isFull ? "more than is kept" : stopReason(String(cursor), cursors, harvest);
    if (stop) {
      harvest.warnings.add(`${list.method}: the server sends ${stop}; the rest is left out`);
      return { ok: true, items: [...items.values()] };
    }
    params = { cursor };
  }
}

/** Why a list is not read further; null when it is. */
function stopReason(cursor: string, cursors: Set<string>, harvest: Harvest): string | null {
  if (cursors.has(cursor)) return "the same cursor twice";
  if (cursors.size + 1 >= MAX_LIST_PAGES) return "more pages than are read";
  cursors.add(cursor);
  harvest.length += cursor.length;
  return harvest.length > MAX_CATALOGUE_LENGTH ? "more than is kept" : null;
}

/** Adds a page's items; true when one had to be left out for the limits' sake. */
function addItems(
  items: Map<string, CatalogueItem>,
  page: unknown[],
  list: List,
  harvest: Harvest,
): boolean {
  for (const item of page) {
    const key: unknown = isObject(item) ? item[list.keyMember] : undefined;
    if (!isObject(item) || typeof key !== "string" || key === "" || key.length > 2048) {
      warn(harvest, `${list.method}: an item without a usable ${list.keyMember} is left out`);
      continue;
    }
    const json = toJson(item);
    const fault =
      json === null
        ? "is too large or too deeply nested"
        : items.has(key)
          ? "is listed twice"
          : faultOf(item, list, harvest.era);
    if (fault !== null || json === null) {
      warn(harvest, `${list.method}: ${quoted(key)} ${fault}; it is left out`);
      continue;
    }
    if (items.size >= MAX_ITEMS_PER_SERVER || harvest.length + json.length > MAX_CATALOGUE_LENGTH)
      return true;
    items.set(key, { key, json });
    harvest.length += json.length;
  }
  return false;
}

function faultOf(item: Record<string, unknown>, list: List, era: Era): string | null {
  if (list.kind !== "tools") return null;
  if (!isObject(item["inputSchema"])) return "has no input schema";
  const isInvalid = era === "modern" && findParamHeaders(item["inputSchema"]) === "invalid";
  return isInvalid ? "has an invalid x-mcp-header annotation" : null;
}

function warn(harvest: Harvest, warning: string): void {
  // Half of the room is for what happened to whole lists.
  if (harvest.warnings.size < MAX_WARNINGS / 2) harvest.warnings.add(warning);
}

/** A name as an admin may read it: nothing that could pass for another text. */
function quoted(key: string): string {
  return /^[\w.:/{}-]{1,128}$/.test(key) ? `"${key}"` : "an item with an unusual name";
}

/** The JSON text of a value, if every client can be expected to read it. */
function toJson(value: unknown): string | null {
  if (isDeeperThan(MAX_JSON_DEPTH, value)) return null;
  const json = JSON.stringify(value);
  return json.length > MAX_ITEM_LENGTH ? null : json;
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}
