import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { pluralize } from "../../ui/format-numbers.ts";

/** A tool that the person may call. */
export type Tool = z.infer<typeof CallableTool>;

/** Whether rules name a tool; null: all of them. */
export function isChosen(rules: readonly string[] | null, { serverSlug, name }: Tool): boolean {
  return (
    rules === null || rules.includes(`${serverSlug}:*`) || rules.includes(`${serverSlug}:${name}`)
  );
}

/** Tools for a client that does not take all of them. */
export interface Suggestion {
  rules: string[];
  /** What is suggested, and by what. */
  reason: string;
}

/**
 * Suggests at most `limit` tools: whole servers, those with the most calls first, as far as they fit. If no server fits, the
 * first tools of one. `calls`: number of the person's calls by server.
 */
export function suggestTools(
  tools: readonly Tool[],
  calls: ReadonlyMap<string, number>,
  limit: number,
): Suggestion {
  const byServer = Map.groupBy(tools, ({ serverSlug }) => serverSlug);
  const servers = [...byServer].toSorted(
    ([left], [right]) => (calls.get(right) ?? 0) - (calls.get(left) ?? 0),
  );
  const chosen: string[] = [];
  let left = limit;
  for (const [slug, list] of servers) {
    if (list.length > left) continue;
    chosen.push(slug);
    left -= list.length;
  }
  const [slug, list] = servers[0] ?? ["", []];
  const isTooLarge = calls.has(slug) && list.length > limit;
  const note = isTooLarge
    ? `${slug}, which you call most, has ${pluralize(list.length, "tool")} and does not fit. `
    : "";
  if (chosen.length === 0)
    return {
      rules: list.slice(0, limit).map(({ serverSlug, name }) => `${serverSlug}:${name}`),
      reason: `${note}Suggestion: the first ${pluralize(limit, "tool")} of ${slug}.`,
    };
  return {
    rules: chosen.map((each) => `${each}:*`),
    reason: `${note}Suggestion: ${describeServers(chosen, calls, isTooLarge ? "too" : "most")}.`,
  };
}

/** Most servers that a list names. */
const MAX_NAMED = 2;

function describeServers(
  slugs: readonly string[],
  calls: ReadonlyMap<string, number>,
  rank: "most" | "too",
): string {
  const called = slugs.filter((slug) => calls.has(slug));
  const others = slugs.length - called.length;
  if (called.length === 0) return `${listNames(slugs)}, as many whole servers as fit`;
  const known = `${listNames(called)}, which you call ${rank}`;
  if (others === 0) return known;
  return `${known}, and ${pluralize(others, "more server")} that ${others === 1 ? "fits" : "fit"}`;
}

function listNames(slugs: readonly string[]): string {
  const rest = slugs.length - MAX_NAMED;
  const named = slugs.slice(0, MAX_NAMED);
  return rest > 0 ? `${named.join(", ")} and ${rest} more` : named.join(" and ");
}
