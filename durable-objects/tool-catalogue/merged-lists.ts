import { createHash } from "node:crypto";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
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
import { SizedCache } from "../../workers/runtime/sized-cache.ts";
import { sizeOfText } from "../../workers/upstream/catalogue-size.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { findExposedName, type CatalogueNames } from "./catalogue-names.ts";
import { moveSkill, moveSkillResources } from "./exposed-skills.ts";
import { makeCursor, readCursor } from "./list-cursor.ts";
import { isUriKind } from "./name-owners.ts";
import { showTool, type TaskClient } from "./task-support.ts";

/** Most items of one page of a list. */
const PAGE_ITEMS = 1_000;
/**
 * Most characters of the items of one page, if they are several. An RPC carries at most 32 MiB, and the object and the
 * Worker hold a page several times while they send it.
 */
const PAGE_LENGTH = 2 * 1024 * 1024;
/** Most bytes of `VisibleItems` that are kept. */
const MAX_VISIBLE_BYTES = 8 * 1024 * 1024;
/** What they take besides the indexes. */
const VISIBLE_BYTES = 256;
/** Most bytes of the items' texts that are kept. Those beyond are made for each page. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** An item of a server. */
interface ListedItem {
  server: ServerRecord;
  /** The server's own name or URI. */
  key: string;
  json: string;
  /** How clients get it, by `toClientKey`; null: they do not. */
  texts: Record<string, string | null>;
}

/** What some permissions allow of a list. */
interface VisibleItems {
  /** Of the list's items. */
  indexes: Uint32Array;
  /** Computed when it is asked for first. */
  fingerprint: string | null;
}

/**
 * The lists of all servers in one, under exposed names. Token owners with equal permissions share the indexes
 * of what they see, and all share the items' texts, so that memory depends on the number of items, not on that of members.
 */
export class MergedLists {
  readonly #version: string;
  readonly #servers: ServerRecord[];
  readonly #catalogues: ReadonlyMap<string, ToolCatalogue>;
  readonly #names: CatalogueNames;
  readonly #items = new Map<ListKind, ListedItem[]>();
  readonly #visible = new SizedCache<VisibleItems>(MAX_VISIBLE_BYTES);
  #textBytes = 0;

  /** `servers`: the enabled ones, by position. `version` must be different for different content. */
  constructor(
    version: string,
    servers: ServerRecord[],
    catalogues: ReadonlyMap<string, ToolCatalogue>,
    names: CatalogueNames,
  ) {
    this.#version = version;
    this.#servers = servers;
    this.#catalogues = catalogues;
    this.#names = names;
  }

  /** One page of what this client can use with these permissions; null: the cursor is invalid or of another version. */
  readPage(
    kind: ListKind,
    client: TaskClient,
    access: ToolAccess,
    cursor: string | null,
    knownEtag: string | null,
  ): ListView | null {
    const listKey = `${this.#version}.${kind}.${toClientKey(kind, client)}.${access.key}`;
    const offset = cursor === null ? 0 : readCursor(cursor, listKey);
    if (offset === null) return null;
    const etag = `${listKey}.${offset}`;
    if (knownEtag === etag) return { etag, items: null, nextCursor: null };
    const { texts, end } = this.#renderPage(kind, client, access, offset);
    const nextCursor = end === null ? null : makeCursor(end, listKey);
    return { etag, items: `[${texts.join(",")}]`, nextCursor };
  }

  /** A hash of the list for these permissions; it changes when the list changes in either era. */
  fingerprint(kind: ListKind, access: ToolAccess): string {
    const visible = this.#listVisible(kind, access);
    visible.fingerprint ??= this.#computeFingerprint(kind, access, visible);
    return visible.fingerprint;
  }

  #computeFingerprint(kind: ListKind, access: ToolAccess, { indexes }: VisibleItems): string {
    const hash = createHash("sha256");
    const items = this.#listItems(kind);
    for (const index of indexes) {
      const item = items[index];
      if (item) hash.update(`${this.#exposedName(kind, item)}\0${item.json}\0`);
    }
    return hash.digest("base64url");
  }

  /** The texts of visible items from the `offset`th on; `end`: the offset of the next page, null: there is none. */
  #renderPage(
    kind: ListKind,
    client: TaskClient,
    access: ToolAccess,
    offset: number,
  ): { texts: string[]; end: number | null } {
    const items = this.#listItems(kind);
    const { indexes } = this.#listVisible(kind, access);
    const texts: string[] = [];
    let length = 0;
    for (let at = offset; at < indexes.length; at++) {
      const item = items[indexes[at] ?? -1];
      const text = item ? this.#textOf(kind, client, item) : null;
      if (text === null) continue;
      length += text.length;
      const isFull = texts.length >= PAGE_ITEMS || (texts.length > 0 && length > PAGE_LENGTH);
      if (isFull) return { texts, end: at };
      texts.push(text);
    }
    return { texts, end: null };
  }

  #listVisible(kind: ListKind, access: ToolAccess): VisibleItems {
    const cacheKey = `${kind} ${access.key}`;
    const known = this.#visible.find(cacheKey);
    if (known) return known;
    const isVisible = ({ server, key }: ListedItem) =>
      kind === "tools" ? access.mayCall(server.id, key) : access.mayUseServer(server.id);
    const items = this.#listItems(kind);
    const usable = items.flatMap((item, index) => (isVisible(item) ? index : []));
    const found = isUriKind(kind) ? this.#listOwned(kind, items, usable, access) : usable;
    const visible = { indexes: Uint32Array.from(found), fingerprint: null };
    this.#visible.add(cacheKey, visible, VISIBLE_BYTES + visible.indexes.byteLength);
    return visible;
  }

  /** The items of every server; equal URIs of several servers, too. */
  #listItems(kind: ListKind): ListedItem[] {
    const known = this.#items.get(kind);
    if (known) return known;
    const items = this.#servers.flatMap((server) =>
      this.#itemsOf(server, kind).map(({ key, json }): ListedItem => ({
        server,
        key,
        json,
        texts: {},
      })),
    );
    const named = items.filter((item) => this.#exposedName(kind, item) !== undefined);
    this.#items.set(kind, named);
    return named;
  }

  #itemsOf({ id }: ServerRecord, kind: ListKind): CatalogueItem[] {
    const catalogue = this.#catalogues.get(id);
    if (!catalogue) return [];
    if (!isUriKind(kind)) return catalogue[kind];
    const moved = moveSkillResources({ id, kind, names: this.#names.skills }, catalogue);
    return moved.filter(({ key }) => this.#names.findSkillOwner(id, key) === undefined);
  }

  /**
   * Of the items that a client may use, those that it gets: a URI of several servers from its owner, as reads do. A client
   * that may not use the owner gets it from the next server, but none does while the owner is disabled.
   */
  #listOwned(
    kind: "resources" | "templates",
    items: ListedItem[],
    usable: number[],
    access: ToolAccess,
  ): number[] {
    const seen = new Set<string>();
    const enabled = new Set(this.#servers.map(({ id }) => id));
    return usable.filter((index) => {
      const item = items[index];
      if (!item) return false;
      const { server, key } = item;
      const ownerId = this.#names[kind].get(key)?.serverId;
      if (ownerId === server.id) return true;
      const isElsewhere =
        ownerId !== undefined && (!enabled.has(ownerId) || access.mayUseServer(ownerId));
      if (isElsewhere || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }

  /** The item as the client gets it; null: the client cannot use it. Equal texts are kept once. */
  #textOf(kind: ListKind, client: TaskClient, item: ListedItem): string | null {
    if (isUriKind(kind)) return item.json;
    const clientKey = toClientKey(kind, client);
    const known = item.texts[clientKey];
    if (known !== undefined) return known;
    const made = this.#makeText(kind, client, item);
    const kept = [null, item.json, ...Object.values(item.texts)].find((text) => text === made);
    const bytes = kept === undefined && made !== null ? sizeOfText(made) : 0;
    if (this.#textBytes + bytes > MAX_TEXT_BYTES) return made;
    this.#textBytes += bytes;
    item.texts[clientKey] = kept ?? made;
    return made;
  }

  #makeText(
    kind: Exclude<ListKind, "resources" | "templates">,
    client: TaskClient,
    item: ListedItem,
  ): string | null {
    const { server, json } = item;
    if (kind === "skills") return this.#makeSkillText(item);
    const capabilities = this.#catalogues.get(server.id)?.capabilities ?? {};
    const shown = kind === "tools" ? showTool(json, server, capabilities, client) : "plain";
    const scan = shown === "hidden" ? null : scanJson(json, RESPONSE_LIMITS);
    if (!scan?.ok || !scan.root) return null;
    const edits: ObjectEdits = { name: JSON.stringify(this.#exposedName(kind, item)) };
    if (shown !== "with_execution") edits["execution"] = null;
    const output = findMemberText(json, scan.root, "outputSchema");
    if (output !== undefined && client.era === "legacy")
      edits["outputSchema"] = toLegacyOutputSchema(output);
    return editObject(json, scan.root, edits);
  }

  #makeSkillText(item: ListedItem): string | null {
    const root = this.#exposedName("skills", item);
    return root === undefined
      ? null
      : moveSkill(item.json, item.key.slice(0, -"SKILL.md".length), root);
  }

  #exposedName(kind: ListKind, { server, key }: ListedItem): string | undefined {
    return findExposedName(this.#names, kind, server.id, key);
  }
}

/** What of a client its texts of a list depend on. */
function toClientKey(kind: ListKind, { era, acceptsTasks }: TaskClient): string {
  return kind === "tools" && acceptsTasks ? `${era}.tasks` : era;
}
