import { getOwn, isObject } from "./json-value.ts";

/**
 * Member of `_meta` with which the gateway says what it has removed from a definition, as sentences with place and code
 * points. So the definition differs from one that never had it, and an admin sees that.
 */
export const REMOVED_META = "mcpnest/removed";

/** Most sentences of one definition. */
const MAX_SENTENCES = 20;
const NOTE = "The gateway has removed hidden characters from this text: ";

/** The definition with what was removed from it; what the server itself says there is not kept. */
export function noteRemoved(
  definition: Record<string, unknown>,
  removed: readonly string[],
): Record<string, unknown> {
  const meta = definition["_meta"];
  const isClaimed = isObject(meta) && Object.hasOwn(meta, REMOVED_META);
  if (removed.length === 0 && !isClaimed) return definition;
  const { [REMOVED_META]: _, ...others } = isObject(meta) ? meta : {};
  const noted = removed.length === 0 ? others : { ...others, [REMOVED_META]: shorten(removed) };
  return { ...definition, _meta: noted };
}

/** Instructions with what was removed from them as their last line. */
export function noteRemovedText(text: string, removed: readonly string[]): string {
  const own = text.replaceAll(NOTE, "");
  return removed.length === 0 ? own : `${own}\n\n${NOTE}${shorten(removed).join("; ")}.`;
}

/** What the gateway has removed from a definition or from instructions. */
export function listRemoved(value: unknown): string[] {
  if (typeof value === "string") {
    const at = value.lastIndexOf(NOTE);
    return at < 0 ? [] : [value.slice(at + NOTE.length)];
  }
  const list = getOwn(getOwn(value, "_meta"), REMOVED_META);
  return Array.isArray(list) ? list.map(String) : [];
}

function shorten(removed: readonly string[]): string[] {
  const rest = removed.length - MAX_SENTENCES;
  return rest > 0 ? [...removed.slice(0, MAX_SENTENCES), `${rest} more places`] : [...removed];
}
