/** What a tool's annotations say about a call, as far as the server gives any (2026-07-28, "Tool annotations"). */
export interface ToolEffect {
  isReadOnly: boolean;
  /** Without a word of the server, a call can change or delete data. */
  isDestructive: boolean;
  /** Whether the server says itself whether a call changes or deletes data. */
  isStated: boolean;
}

/** Reads a tool's annotations with the defaults of the specification. They are hints of the server, not facts. */
export function readEffect(annotations: Record<string, unknown> | null): ToolEffect {
  const isReadOnly = annotations?.["readOnlyHint"] === true;
  return {
    isReadOnly,
    isDestructive: !isReadOnly && annotations?.["destructiveHint"] !== false,
    isStated: isReadOnly || typeof annotations?.["destructiveHint"] === "boolean",
  };
}

/** Tools that a person has confirmed for as long as the page is loaded, with their workspace. */
const confirmed = new Set<string>();

const toKey = (slug: string, tool: string) => `${slug} ${tool}`;

/** Whether the person wants no more questions about a tool. */
export function isConfirmed(slug: string, tool: string): boolean {
  return confirmed.has(toKey(slug, tool));
}

/** Stores that the person wants no more questions about a tool, until the page is loaded again. */
export function confirmTool(slug: string, tool: string): void {
  confirmed.add(toKey(slug, tool));
}
