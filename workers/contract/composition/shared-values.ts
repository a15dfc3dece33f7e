import { listChoices } from "../marketplace/install/compatibility.ts";
import { isPlainLine } from "../marketplace/install/quoting.ts";
import { readSetup } from "../marketplace/install/setup.ts";
import type { Values } from "../marketplace/install/values.ts";
import type { ServerDocument } from "../marketplace/server-document.ts";
import { MAX_COMPOSED_VALUE, type Composition, type CompositionItem } from "./composition.ts";
import { looksLikeSecret } from "./secret-value.ts";

/** A variable of a server, of any of its packages and remotes. */
interface KnownVariable {
  name: string;
  /** In any package or remote that has it. */
  isSecret: boolean;
}

/** The variables of a server by their ids, whichever package or remote a client takes. */
function listVariables(document: ServerDocument): Map<string, KnownVariable> {
  const known = new Map<string, KnownVariable>();
  for (const choice of listChoices(document, "claude-desktop")) {
    if (choice.how === "none" || isBundle(choice)) continue;
    for (const { id, name, isSecret } of readSetup(choice, "server").variables)
      known.set(id, { name, isSecret: isSecret || known.get(id)?.isSecret === true });
  }
  return known;
}

function isBundle(choice: ReturnType<typeof listChoices>[number]): boolean {
  return choice.kind === "package" && choice.source.registryType === "mcpb";
}

/** The values that a link may hold, and the names of the variables whose values it does not. */
export interface SharedValues {
  values: [id: string, value: string][];
  leftOut: string[];
}

/**
 * Separates the values that may be shared from those that may not: of secret variables, of variables that the server does
 * not have, texts that look like keys, and texts that a link does not hold.
 */
export function shareValues(document: ServerDocument, values: Values): SharedValues {
  const known = listVariables(document);
  const shared: SharedValues = { values: [], leftOut: [] };
  for (const [id, value] of Object.entries(values)) {
    if (value === "") continue;
    const variable = known.get(id);
    const isShared =
      variable !== undefined &&
      !variable.isSecret &&
      !looksLikeSecret(value) &&
      isPlainLine(value) &&
      value.length <= MAX_COMPOSED_VALUE;
    if (isShared) shared.values.push([id, value]);
    else shared.leftOut.push(variable?.name ?? id);
  }
  return shared;
}

/**
 * The first value of a composition that must not be shared; null: there is none. `documents`: by the names of the entries;
 * without its document, no value of a server may be shared.
 */
export function findUnsharedValue(
  { servers }: Composition,
  documents: ReadonlyMap<string, ServerDocument>,
): { server: string; id: string } | null {
  for (const server of servers) {
    if (server.from !== "catalogue") continue;
    const document = documents.get(server.name);
    const shared = document ? shareValues(document, Object.fromEntries(server.values)).values : [];
    const ids = new Set(shared.map(([id]) => id));
    const refused = server.values.find(([id]) => !ids.has(id));
    if (refused) return { server: server.name, id: refused[0] };
  }
  return null;
}

/** An entry of the marketplace as a part of a composition, with the values that may be shared. */
export function toCatalogueItem(document: ServerDocument, values: Values): CompositionItem {
  const { values: shared } = shareValues(document, values);
  const { name, version } = document;
  const shown = version !== null && version.length <= 100 && isPlainLine(version) ? version : null;
  return { from: "catalogue", name, version: shown, values: shared.slice(0, 40) };
}
