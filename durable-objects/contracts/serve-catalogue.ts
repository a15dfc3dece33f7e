import { compareDefinitions } from "../../workers/contract/definitions/compare-definitions.ts";
import { isCompatible } from "../../workers/contract/definitions/is-compatible.ts";
import {
  KIND_OF_LIST,
  listInstructions,
  toDefinitionId,
  type LockedDefinition,
} from "../../workers/contract/definitions/list-definitions.ts";
import {
  INSTRUCTIONS_KEY,
  type ChangePolicy,
  type ChangeState,
  type ChangeType,
  type Contract,
  type LockedChange,
} from "../../workers/contract/records/contract.ts";
import {
  LIST_KINDS,
  type CatalogueItem,
  type ListKind,
  type ToolCatalogue,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { digestDefinition } from "../../workers/crypto/definition-digest.ts";
import { parseObject } from "../../workers/mcp/json.ts";
import { findUiResource } from "../tool-catalogue/tool-details.ts";

/** What clients get of a server. */
export interface Served {
  catalogue: ToolCatalogue;
  changes: LockedChange[];
  /** Definitions of which no call is sent, by `toDefinitionId`. */
  closed: Map<string, ChangeType>;
  /** Approved keys that the server does not list any more: their names stay with the server. */
  reserved: Record<ListKind, string[]>;
}

/** What clients get of a server without a contract: what it shows. */
export function serveUnlocked(catalogue: ToolCatalogue): Served {
  const reserved = { tools: [], prompts: [], resources: [], templates: [], skills: [] };
  return { catalogue, changes: [], closed: new Map(), reserved };
}

/**
 * Pure: what clients get of what a server shows. `observed`: after `adoptContract`, so that equal definitions have equal
 * texts.
 */
export function serveCatalogue(
  observed: ToolCatalogue,
  contract: Contract,
  policy: Exclude<ChangePolicy, "allow">,
): Served {
  const comparison = new Comparison(contract, policy);
  const catalogue = { ...observed };
  const { reserved } = serveUnlocked(observed);
  for (const list of LIST_KINDS) {
    // The items of a list that could not be read are not known: they are neither removed nor new.
    if (observed.unread?.includes(list)) continue;
    const compared = comparison.compareList(list, observed[list]);
    catalogue[list] = compared.items;
    reserved[list] = compared.removed;
  }
  catalogue.instructions = comparison.compareInstructions(observed);
  const { changes } = comparison;
  return { catalogue, changes, closed: listClosed(changes, catalogue), reserved };
}

/** Compares the definitions of one server with its contract. */
class Comparison {
  readonly changes: LockedChange[] = [];
  readonly #contract: Contract;
  readonly #policy: ChangePolicy;
  readonly #refused: Set<string>;

  constructor(contract: Contract, policy: ChangePolicy) {
    this.#contract = contract;
    this.#policy = policy;
    this.#refused = new Set(
      contract.refused.map(({ kind, key, digest }) => `${digest} ${toDefinitionId(kind, key)}`),
    );
  }

  /** The items of a list that clients get, and the approved keys that it does not have. */
  compareList(
    list: ListKind,
    items: CatalogueItem[],
  ): { items: CatalogueItem[]; removed: string[] } {
    const kind = KIND_OF_LIST[list];
    const left = new Map(items.map((item) => [item.key, item]));
    const removed: string[] = [];
    const served: CatalogueItem[] = [];
    for (const approved of this.#contract.definitions) {
      if (approved.kind !== kind) continue;
      const item = left.get(approved.key);
      left.delete(approved.key);
      if (!item) removed.push(approved.key);
      const after = item ? { kind, key: approved.key, json: item.json } : null;
      const json = this.#compare(approved, after);
      if (json !== null) served.push({ key: approved.key, json });
    }
    for (const { key, json } of left.values()) {
      const text = this.#compare(null, { kind, key, json });
      if (text !== null) served.push({ key, json: text });
    }
    return { items: served, removed };
  }

  /** The instructions that clients get; null: none. */
  compareInstructions(observed: ToolCatalogue): string | null {
    const approved = this.#contract.definitions.find(({ kind }) => kind === "instructions");
    const [shown] = listInstructions(observed);
    if (!approved && !shown) return observed.instructions;
    const json = this.#compare(approved ?? null, shown ?? null);
    // A cast: the text was made from a string.
    return json === null ? null : (JSON.parse(json) as string);
  }

  /** The text that clients get; null: none. */
  #compare(before: LockedDefinition | null, after: LockedDefinition | null): string | null {
    const { kind, key } = before ?? after ?? { kind: "instructions", key: INSTRUCTIONS_KEY };
    if (before && before.json === after?.json) return before.json;
    const digest = after && digestDefinition(after);
    const state = this.#stateOf(`${digest} ${toDefinitionId(kind, key)}`);
    const isServed = state === "served";
    const change = !before ? "added" : after ? "changed" : "removed";
    const isCallable = after !== null && (isServed || (before !== null && fits(before, after)));
    const texts = { before: before?.json ?? null, after: after?.json ?? null };
    this.changes.push({ kind, key, change, state, digest, ...texts, isCallable });
    return after && (isServed ? after.json : texts.before);
  }

  #stateOf(seen: string): ChangeState {
    if (this.#refused.has(seen)) return "refused";
    return this.#policy === "hold" ? "held" : "served";
  }
}

/** Whether each call that fits the approved definition fits the one that the server shows. */
function fits(before: LockedDefinition, after: LockedDefinition): boolean {
  if (before.kind === "prompt") return compareDefinitions(before, after).isCompatible;
  return before.kind !== "tool" || isCompatible(inputSchemaOf(before), inputSchemaOf(after));
}

function inputSchemaOf({ json }: LockedDefinition): unknown {
  return parseObject(json)?.["inputSchema"];
}

function listClosed(changes: LockedChange[], served: ToolCatalogue): Map<string, ChangeType> {
  const closed = new Map<string, ChangeType>();
  const userInterfaces: string[] = [];
  for (const { kind, key, change, state, isCallable, after } of changes) {
    if (!isCallable) closed.set(toDefinitionId(kind, key), change);
    const ui = kind === "tool" && state !== "served" && after ? findUiResource(after) : null;
    if (ui !== null) userInterfaces.push(ui);
  }
  if (userInterfaces.length === 0) return closed;
  const open = new Set([
    ...served.resources.map(({ key }) => key),
    ...served.tools.flatMap(({ json }) => findUiResource(json) ?? []),
  ]);
  // The user interface of a tool that clients do not get yet, which need not be in the list of resources.
  for (const uri of userInterfaces)
    if (!open.has(uri)) closed.set(toDefinitionId("resource", uri), "added");
  return closed;
}
