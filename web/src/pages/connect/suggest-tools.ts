import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";

/** A tool that the person may call. */
export type Tool = z.infer<typeof CallableTool>;

/** Whether rules name a tool; null: all of them. */
export function isChosen(rules: readonly string[] | null, { serverSlug, name }: Tool): boolean {
  return (
    rules === null || rules.includes(`${serverSlug}:*`) || rules.includes(`${serverSlug}:${name}`)
  );
}

/**
 * Rules for at most `limit` tools: whole servers, those with the most calls first, as far as they fit. If not even the first
 * fits, its first tools. `calls`: number of calls by server.
 */
export function suggestTools(
  tools: readonly Tool[],
  calls: ReadonlyMap<string, number>,
  limit: number,
): string[] {
  const byServer = Map.groupBy(tools, ({ serverSlug }) => serverSlug);
  const servers = [...byServer].toSorted(
    ([left], [right]) => (calls.get(right) ?? 0) - (calls.get(left) ?? 0),
  );
  const rules: string[] = [];
  let left = limit;
  for (const [slug, list] of servers) {
    if (list.length > left) continue;
    rules.push(`${slug}:*`);
    left -= list.length;
  }
  if (rules.length > 0) return rules;
  const first = servers[0]?.[1].slice(0, limit) ?? [];
  return first.map(({ serverSlug, name }) => `${serverSlug}:${name}`);
}
