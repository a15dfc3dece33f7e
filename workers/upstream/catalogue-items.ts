import { noteRemoved } from "../contract/definitions/removed-parts.ts";
import { MAX_CATALOGUE_BYTES, MAX_ITEMS_PER_SERVER, MAX_JSON_DEPTH } from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import type { CatalogueItem } from "../contract/rpc/tool-catalogue.ts";
import { toAsciiName } from "../contract/text/confusable-names.ts";
import { hasHidden } from "../contract/text/hidden-characters.ts";
import { isJsonObject, type JsonObject } from "../mcp/definitions/exact-json.ts";
import { cleanDefinition, describeHidden } from "../mcp/definitions/hidden-text.ts";
import { OUTSIDE_REFERENCE } from "../mcp/definitions/outside-reference.ts";
import {
  repairDefinition,
  toReporter,
  type DefinitionKind,
} from "../mcp/definitions/repair-definition.ts";
import { findParamHeaders, withoutParamHeaders } from "../mcp/headers.ts";
import { checkSkillEntry } from "../mcp/skills/skill-entry.ts";
import { sizeOfItem } from "./catalogue-size.ts";
import type { CatalogueWarnings } from "./catalogue-warnings.ts";

/** Most characters of one item's JSON text: a row of a Durable Object holds 2 MB. */
const MAX_ITEM_LENGTH = 512 * 1024;

/** In rules, this is all tools of its server. */
const ALL_TOOLS = "*";

/** A list of a server, and how it is requested. */
export interface List {
  kind: DefinitionKind;
  capability: string;
  method: string;
  member: string;
  keyMember: string;
}

/** The state of fetching one server's lists. */
export interface FetchState {
  era: Era;
  /** Bytes in memory of what was fetched so far. */
  bytes: number;
  warnings: CatalogueWarnings;
}

/** Adds a page's items; true: a limit was reached. */
export function addItems(
  items: Map<string, CatalogueItem>,
  page: Iterable<unknown>,
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
      : list.kind === "tools" && key === ALL_TOOLS
        ? { fault: "has the name that allows a whole server in rules" }
        : readItem(item, key, list, state.era);
    if ("fault" in read) {
      state.warnings.addLeftOut(list.method, name, `${read.fault}; it is left out`);
      continue;
    }
    const { json, changes } = read;
    if (changes.length > 0) state.warnings.addRepaired(list.method, name, changes);
    const bytes = sizeOfItem({ key, json });
    if (items.size >= MAX_ITEMS_PER_SERVER || state.bytes + bytes > MAX_CATALOGUE_BYTES)
      return true;
    items.set(key, { key, json });
    state.bytes += bytes;
  }
  return false;
}

/** An item as all clients accept it, or why there is none. */
function readItem(
  item: JsonObject,
  key: string,
  { kind, keyMember }: List,
  era: Era,
): { json: string; changes: string[] } | { fault: string } {
  const tooLarge = { fault: "is too large or too deeply nested" };
  if (toJson(item) === null) return tooLarge;
  // Clients read a resource by exactly its URI, which has visible characters only (RFC 3986, section 2).
  if (keyMember !== "name" && hasHidden(key)) return { fault: `${describeHidden(key)} in its URI` };
  if (kind === "skills") return readSkill(item);
  const cleaned: string[] = [];
  const visible = cleanDefinition(item, kind, toReporter(cleaned));
  const repaired = repairDefinition(visible, kind, era);
  if (!repaired.ok) return { fault: repaired.reason };
  const changes = [...cleaned, ...repaired.changes];
  const definition = noteRemoved(repaired.definition, [
    ...cleaned,
    ...repaired.changes.filter((one) => one.includes(OUTSIDE_REFERENCE)),
  ]);
  if (kind === "tools" && findParamHeaders(definition["inputSchema"]) === "invalid") {
    if (era === "modern") return { fault: "has an invalid x-mcp-header annotation" };
    definition["inputSchema"] = withoutParamHeaders(definition["inputSchema"]);
    changes.push("inputSchema has an invalid x-mcp-header annotation: all of them are removed");
  }
  const json = toJson(definition);
  return json === null ? tooLarge : { json, changes };
}

/** A skill is checked, and not repaired: clients compare all of it with its files. */
function readSkill(item: JsonObject): { json: string; changes: string[] } | { fault: string } {
  const checked = checkSkillEntry(item);
  if (!checked.ok) return { fault: checked.reason };
  const json = toJson(checked.definition);
  return json === null ? { fault: "is too large" } : { json, changes: checked.changes };
}

/** A name in a warning, in visible characters that cannot imitate other text (spoofing). */
function toDisplayName(key: string): string {
  const name = toAsciiName(key);
  return name.length <= 128 ? `"${name}"` : "an item with an unusual name";
}

/** The JSON text of a value; null: it is nested too deeply or too long for clients. */
export function toJson(value: unknown): string | null {
  if (isDeeperThan(MAX_JSON_DEPTH, value)) return null;
  const json = JSON.stringify(value);
  return json.length > MAX_ITEM_LENGTH ? null : json;
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}
