import { noteRemovedText } from "../contract/definitions/removed-parts.ts";
import { MAX_CATALOGUE_BYTES, MAX_LIST_PAGES, MAX_RESPONSE_BYTES } from "../contract/limits.ts";
import type { AcceptedCapabilities, Era } from "../contract/records/workspace.ts";
import type {
  CatalogueItem,
  Detected,
  ListKind,
  ToolCatalogue,
  UpstreamError,
} from "../contract/rpc/tool-catalogue.ts";
import { parseExact } from "../mcp/definitions/exact-json.ts";
import { cleanText } from "../mcp/definitions/hidden-text.ts";
import { toReporter } from "../mcp/definitions/repair-definition.ts";
import { findResultMember, splitArray } from "../mcp/json-walk.ts";
import { ERROR, SKILLS_EXTENSION } from "../mcp/protocol.ts";
import { declaresSkills } from "../mcp/skills/skills-capability.ts";
import { addItems, toJson, type FetchState, type List } from "./catalogue-items.ts";
import { sizeOfText } from "./catalogue-size.ts";
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
  {
    kind: "skills",
    capability: SKILLS_EXTENSION,
    method: "skills/list",
    member: "skills",
    keyMember: "uri",
  },
];

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
    const { maxMessageBytes = MAX_RESPONSE_BYTES } = options;
    return await fetchLists(opened.connection, peer.detected.era, {
      canBeLost: kept !== null,
      mayBeLarger: maxMessageBytes < MAX_RESPONSE_BYTES,
    });
  } finally {
    opened.connection.close();
  }
}

/** What a failed list can mean for the whole fetch. */
interface FetchAttempt {
  /** The session is from an earlier fetch, and the server can have lost it. */
  canBeLost: boolean;
  /** Larger messages would be read in another attempt. */
  mayBeLarger: boolean;
}

async function fetchLists(
  connection: UpstreamConnection,
  era: Era,
  attempt: FetchAttempt,
): Promise<FetchedCatalogue> {
  const { introduction } = connection;
  const introductionText = toJson(introduction);
  if (introductionText === null)
    return {
      ok: false,
      error: badResponse("The server's introduction is too large or too deeply nested"),
    };
  const bytes = sizeOfText(introductionText);
  const state: FetchState = { era, bytes, warnings: new CatalogueWarnings() };
  const lists: Record<ListKind, CatalogueItem[]> = {
    tools: [],
    prompts: [],
    resources: [],
    templates: [],
    skills: [],
  };
  const unread: ListKind[] = [];
  for (const list of LISTS) {
    if (!mayHave(list, introduction.capabilities)) continue;
    const read = await readList(connection, list, state);
    if (read.ok) lists[list.kind] = read.items;
    else if (isEssential(list, introduction.capabilities)) return read;
    else if (attempt.canBeLost && mayBeLostSession(read.error)) return read;
    else if (attempt.mayBeLarger && read.error.code === "upstream_too_large") return read;
    else {
      unread.push(list.kind);
      state.warnings.addList(list.method, read.error.message);
    }
  }
  const { shown, changes } = cleanIntroduction(introduction);
  if (changes.length > 0) state.warnings.addRepaired("initialize", "the introduction", changes);
  return {
    ok: true,
    catalogue: {
      ...introduction,
      ...shown,
      ...lists,
      ...(unread.length > 0 ? { unread } : {}),
      accepted: connection.accepted,
      warnings: state.warnings.toList(),
    },
    session: connection.session,
  };
}

/** What a server says of itself without hidden characters. Its instructions say what was removed from them. */
function cleanIntroduction({
  instructions,
  serverInfo,
}: Pick<ToolCatalogue, "instructions" | "serverInfo">) {
  const removed: string[] = [];
  const others: string[] = [];
  const text = cleanText(instructions, ["instructions"], toReporter(removed));
  const shown = {
    instructions: text === null ? null : noteRemovedText(text, removed),
    ...cleanText({ serverInfo }, [], toReporter(others)),
  };
  return { shown, changes: [...removed, ...others] };
}

/** Some servers declare no capability at all, and yet list tools. */
function mayHave({ capability, kind }: List, capabilities: Record<string, unknown>): boolean {
  if (kind === "skills") return declaresSkills(capabilities);
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
    const page = await readPage(connection, list, params);
    if (!page.ok) return page;
    const { cursor } = page;
    const isFull = addItems(items, page.items, list, state);
    if (cursor === null && !isFull) return { ok: true, items: [...items.values()] };
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

type Page =
  | { ok: true; items: Iterable<unknown>; cursor: string | null }
  | { ok: false; error: UpstreamError };

/**
 * Requests a page. Its items are parsed one after the other, with the digits that the server sent: the exact values of a
 * large page take many times the memory of its text.
 */
async function readPage(
  connection: UpstreamConnection,
  { method, member }: List,
  params: Record<string, unknown>,
): Promise<Page> {
  const response = await connection.request(method, params);
  if (!response.ok)
    return response.rpcError?.code === ERROR.methodNotFound
      ? { ok: true, items: [], cursor: null }
      : { ok: false, error: response.error };
  const { nextCursor } = response.result;
  const cursor = typeof nextCursor === "string" ? nextCursor : null;
  const { text } = response;
  const start = findResultMember(text, member);
  if (start !== null && text.startsWith("null", start)) return { ok: true, items: [], cursor };
  if (start === null || text[start] !== "[")
    return { ok: false, error: badResponse(`The server's response to ${method} has no list`) };
  return { ok: true, items: parseElements(text, start), cursor };
}

function* parseElements(text: string, start: number): Generator {
  for (const element of splitArray(text, start)) yield parseExact(element);
}

/** Why no further page is read; null: the next one is. */
function stopReason(cursor: string, cursors: Set<string>, state: FetchState): string | null {
  if (cursors.has(cursor)) return "the same cursor twice";
  if (cursors.size + 1 >= MAX_LIST_PAGES) return "more pages than the gateway reads";
  cursors.add(cursor);
  state.bytes += sizeOfText(cursor);
  return state.bytes > MAX_CATALOGUE_BYTES ? "more than the gateway keeps" : null;
}
