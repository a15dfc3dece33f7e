import {
  MAX_ITEMS_PER_SERVER,
  MAX_JSON_DEPTH,
  MAX_LIST_PAGES,
  MAX_RESPONSE_BYTES,
} from "../contract/limits.ts";
import type { AcceptedCapabilities, Era } from "../contract/records/workspace.ts";
import type {
  CatalogueItem,
  Detected,
  ToolCatalogue,
  UpstreamError,
} from "../contract/rpc/tool-catalogue.ts";
import { isJsonObject, parseExact, type JsonObject } from "../mcp/definitions/exact-json.ts";
import { repairDefinition, type DefinitionKind } from "../mcp/definitions/repair-definition.ts";
import { findParamHeaders, withoutParamHeaders } from "../mcp/headers.ts";
import { ERROR } from "../mcp/protocol.ts";
import { CatalogueWarnings } from "./catalogue-warnings.ts";
import { openUpstreamConnection, type UpstreamConnection } from "./connection.ts";
import { withTotalTimeout, type Peer, type UpstreamOptions } from "./json-rpc.ts";
import { isSessionTaken } from "./session-loss.ts";
import { badResponse } from "./upstream-errors.ts";
import type { UpstreamSession } from "./upstream-sessions.ts";

/** A server whose transport and era are known; `accepted`: what it accepts of the client's capabilities, if known. */
interface CataloguePeer extends Peer {
  detected: Detected;
  accepted?: AcceptedCapabilities | undefined;
}

/** A server's tool catalogue with the session that stays open, or why it cannot be fetched. */
export type FetchedCatalogue =
  | { ok: true; catalogue: ToolCatalogue; session: UpstreamSession | null }
  /** `isTaken`: the server has one session at a time, and another one is open. */
  | { ok: false; error: UpstreamError; isTaken?: boolean };

/** Most characters of one item's JSON text: a row of a Durable Object holds 2 MB. */
const MAX_ITEM_LENGTH = 512 * 1024;
/** Most characters of one server's catalogue: all catalogues of a workspace share one object's memory. */
const MAX_CATALOGUE_LENGTH = MAX_RESPONSE_BYTES;

interface List {
  kind: DefinitionKind;
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
  warnings: CatalogueWarnings;
}

/**
 * Fetches a server's tool catalogue: every page of every list, within the limits. Items are repaired so that all clients
 * accept them; what cannot be repaired is left out. Each has a warning. Only a failure of the handshake or of the tool list fails the whole fetch.
 * @param kept a session of an earlier fetch
 */
export function fetchCatalogue(
  peer: CataloguePeer,
  options: UpstreamOptions,
  kept: UpstreamSession | null = null,
): Promise<FetchedCatalogue> {
  return withTotalTimeout(options, async (limited) => {
    const fetched = await fetchWithSession(peer, kept, limited);
    // The kept session can have been lost since its last use, with a restart of the server for instance.
    const isLost = !fetched.ok && kept !== null && mayBeLostSession(fetched.error);
    return isLost ? fetchWithSession(peer, null, limited) : fetched;
  });
}

/** Whether a failure can mean that the server does not know the session: it responded, in whatever words. */
function mayBeLostSession({ code, status }: UpstreamError): boolean {
  return code === "upstream_bad_response" || (status !== undefined && status < 500);
}

async function fetchWithSession(
  peer: CataloguePeer,
  kept: UpstreamSession | null,
  options: UpstreamOptions,
): Promise<FetchedCatalogue> {
  const opened = await openUpstreamConnection(
    peer,
    peer.detected,
    peer.accepted ?? "all",
    kept,
    options,
  );
  if (!opened.ok) return { ok: false, error: opened.error, isTaken: isSessionTaken(opened) };
  try {
    return await fetchLists(opened.connection, peer.detected.era, kept !== null);
  } finally {
    opened.connection.close();
  }
}

/** `canBeLost`: the session is from an earlier fetch, and a list can fail because the server has lost it. */
async function fetchLists(
  connection: UpstreamConnection,
  era: Era,
  canBeLost: boolean,
): Promise<FetchedCatalogue> {
  const { introduction } = connection;
  if (toJson(introduction) === null)
    return {
      ok: false,
      error: badResponse("The server's introduction is too large or too deeply nested"),
    };
  const state: FetchState = { era, length: 0, warnings: new CatalogueWarnings() };
  const lists: Record<List["kind"], CatalogueItem[]> = {
    tools: [],
    prompts: [],
    resources: [],
    templates: [],
  };
  for (const list of LISTS) {
    if (!mayHave(list, introduction.capabilities)) continue;
    const read = await readList(connection, list, state);
    if (read.ok) lists[list.kind] = read.items;
    else if (isEssential(list, introduction.capabilities)) return read;
    else if (canBeLost && mayBeLostSession(read.error)) return read;
    else state.warnings.addList(list.method, read.error.message);
  }
  return {
    ok: true,
    catalogue: {
      ...introduction,
      ...lists,
      accepted: connection.accepted,
      warnings: state.warnings.toList(),
    },
    session: connection.session,
  };
}

/** Some servers declare no capability at all, and yet list tools. */
function mayHave({ capability, kind }: List, capabilities: Record<string, unknown>): boolean {
  return capability in capabilities || (kind === "tools" && Object.keys(capabilities).length === 0);
}

/** Without the tools that it declares, a server's catalogue is not kept. */
function isEssential({ kind }: List, capabilities: Record<string, unknown>): boolean {
  return kind === "tools" && "tools" in capabilities;
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
    const found = readMember(page.text, list.member);
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
      state.warnings.addList(list.method, `the server sends ${stop}; the rest is left out`);
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
    const key: unknown = isJsonObject(item) ? item[list.keyMember] : undefined;
    if (!isJsonObject(item) || typeof key !== "string" || key === "" || key.length > 2048) {
      state.warnings.addLeftOut(
        list.method,
        "an item",
        `without a usable ${list.keyMember} is left out`,
      );
      continue;
    }
    const name = toDisplayName(key);
    const read = items.has(key)
      ? { fault: "is listed twice" }
      : readItem(item, list.kind, state.era);
    if ("fault" in read) {
      state.warnings.addLeftOut(list.method, name, `${read.fault}; it is left out`);
      continue;
    }
    const { json, changes } = read;
    if (changes.length > 0) state.warnings.addRepaired(list.method, name, changes);
    if (items.size >= MAX_ITEMS_PER_SERVER || state.length + json.length > MAX_CATALOGUE_LENGTH)
      return true;
    items.set(key, { key, json });
    state.length += json.length;
  }
  return false;
}

/** The list of a page with the digits that the server sent; null reads as an empty list. */
function readMember(text: string, member: string): unknown {
  const message = parseExact(text);
  const result = isJsonObject(message) ? message["result"] : undefined;
  const list = isJsonObject(result) ? result[member] : undefined;
  return list === null ? [] : list;
}

/** An item as all clients accept it, or why there is none. */
function readItem(
  item: JsonObject,
  kind: DefinitionKind,
  era: Era,
): { json: string; changes: string[] } | { fault: string } {
  const tooLarge = { fault: "is too large or too deeply nested" };
  if (toJson(item) === null) return tooLarge;
  const repaired = repairDefinition(item, kind, era);
  if (!repaired.ok) return { fault: repaired.reason };
  const { definition, changes } = repaired;
  if (kind === "tools" && findParamHeaders(definition["inputSchema"]) === "invalid") {
    if (era === "modern") return { fault: "has an invalid x-mcp-header annotation" };
    definition["inputSchema"] = withoutParamHeaders(definition["inputSchema"]);
    changes.push("inputSchema has an invalid x-mcp-header annotation: all of them are removed");
  }
  const json = toJson(definition);
  return json === null ? tooLarge : { json, changes };
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
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}
