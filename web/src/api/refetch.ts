import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * Marks the queries under a key as stale and refetches those in use. Resolves when they are fetched.
 *
 * `invalidateQueries` does not restart a first fetch that is in flight, and that fetch can have read
 * the state before the change. Such queries are fetched once more.
 */
export async function refetch(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const firstFetches = client.getQueryCache().findAll({
    queryKey,
    fetchStatus: "fetching",
    predicate: ({ state }) => state.data === undefined,
  });
  await client.invalidateQueries({ queryKey });
  if (firstFetches.length > 0) await client.invalidateQueries({ queryKey });
}
