import { INSTRUCTIONS_KEY, type LockedKind } from "../records/contract.ts";
import { LIST_KINDS, type ListKind, type ToolCatalogue } from "../rpc/tool-catalogue.ts";
import type { Definition } from "./definition.ts";

/** The kind of the definitions of a list. */
export const KIND_OF_LIST: Record<ListKind, Exclude<LockedKind, "instructions">> = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  templates: "template",
  skills: "skill",
};

/** A definition that a contract covers. */
export type LockedDefinition = Definition & { kind: LockedKind };

/** The definitions of a catalogue: its lists in their order, then the server's instructions. */
export function listDefinitions(catalogue: ToolCatalogue): LockedDefinition[] {
  const listed = LIST_KINDS.flatMap((list) =>
    catalogue[list].map(({ key, json }) => ({ kind: KIND_OF_LIST[list], key, json })),
  );
  return [...listed, ...listInstructions(catalogue)];
}

/** The server's instructions as a definition; empty: it has none. */
export function listInstructions({ instructions }: ToolCatalogue): LockedDefinition[] {
  if (!instructions) return [];
  return [{ kind: "instructions", key: INSTRUCTIONS_KEY, json: JSON.stringify(instructions) }];
}

/** Identifies a definition within its server. */
export function toDefinitionId(kind: LockedKind, key: string): string {
  return `${kind} ${key}`;
}
