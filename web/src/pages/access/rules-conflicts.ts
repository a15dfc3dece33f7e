import { queryOptions, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import type { RulesChange } from "./rule-changes.ts";

/** A change that was refused, because the rules of its members had changed since the page showed them. */
export interface RulesConflict {
  id: string;
  change: RulesChange;
}

/** Kept in the query cache, so that a conflict stays until the user decides, also when the page is left. */
const conflictsQuery = (slug: string) =>
  queryOptions<RulesConflict[]>({
    queryKey: ["rules-conflicts", slug],
    queryFn: () => [],
    enabled: false,
    initialData: [],
    gcTime: Infinity,
  });

/** Keeps a refused change until the user applies it again or drops it. */
export function keepConflict(client: QueryClient, slug: string, change: RulesChange): void {
  const { queryKey } = conflictsQuery(slug);
  client.setQueryData(queryKey, (kept = []) => [...kept, { id: crypto.randomUUID(), change }]);
}

/** The refused changes of a workspace, the first one first, and what removes one. */
export function useConflicts(slug: string) {
  const client = useQueryClient();
  const { queryKey } = conflictsQuery(slug);
  const { data: conflicts } = useQuery(conflictsQuery(slug));
  const drop = (id: string) =>
    client.setQueryData(queryKey, (kept = []) => kept.filter((conflict) => conflict.id !== id));
  return { conflicts, drop };
}
