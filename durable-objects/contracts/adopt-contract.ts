import { toCanonicalText } from "../../workers/contract/definitions/canonical.ts";
import {
  KIND_OF_LIST,
  listInstructions,
  type LockedDefinition,
} from "../../workers/contract/definitions/list-definitions.ts";
import type { ApprovedDefinition, Contract } from "../../workers/contract/records/contract.ts";
import {
  LIST_KINDS,
  type CatalogueItem,
  type ToolCatalogue,
} from "../../workers/contract/rpc/tool-catalogue.ts";

/**
 * The catalogue in the contract's order, and with its texts where they mean the same: what a server only orders or formats
 * in another way is no change. New definitions come last, in the server's order.
 */
export function adoptContract(catalogue: ToolCatalogue, contract: Contract): ToolCatalogue {
  const adopted = { ...catalogue };
  for (const list of LIST_KINDS) {
    const approved = contract.definitions.filter(({ kind }) => kind === KIND_OF_LIST[list]);
    adopted[list] = adoptList(catalogue[list], approved);
  }
  const approved = contract.definitions.find(({ kind }) => kind === "instructions");
  const [shown] = listInstructions(catalogue);
  // A cast: the text was made from a string.
  if (approved && shown && isSame(approved, shown.json))
    adopted.instructions = JSON.parse(approved.json) as string;
  return adopted;
}

function adoptList(items: CatalogueItem[], approved: ApprovedDefinition[]): CatalogueItem[] {
  const left = new Map(items.map((item) => [item.key, item]));
  const known = approved.flatMap((definition): CatalogueItem[] => {
    const item = left.get(definition.key);
    if (!item) return [];
    left.delete(definition.key);
    return [isSame(definition, item.json) ? { ...item, json: definition.json } : item];
  });
  return [...known, ...left.values()];
}

/** Not compared with a stored digest: a release can have made that in another way. */
function isSame(approved: LockedDefinition, json: string): boolean {
  return (
    approved.json === json || toCanonicalText(approved) === toCanonicalText({ ...approved, json })
  );
}
