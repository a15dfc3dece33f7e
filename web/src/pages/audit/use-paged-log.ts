import { useInfiniteQuery, useQuery, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

const POLL_MS = 1_500;
/** Number of newest rows among which late rows are sorted. */
const RESORTED_ROWS = 1_000;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

interface Options<T> {
  queryKey: QueryKey;
  /** Loads the page after a cursor, newest rows first; null: the first page. */
  loadPage: (cursor: string | null) => Promise<Page<T>>;
  /** Loads rows that can be newer than the given one. Rows that are already known are ignored. */
  loadNewer: (newest: T | undefined) => Promise<T[]>;
  isLive: boolean;
  getId: (row: T) => string;
  /** Sorts newest first. */
  compare: (a: T, b: T) => number;
}

/** A log of any length: loads pages on scroll, and polls for new rows while `isLive`. */
export function usePagedLog<T>({
  queryKey,
  loadPage,
  loadNewer,
  isLive,
  getId,
  compare,
}: Options<T>) {
  const pages = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => loadPage(pageParam),
    // Typed as the cursor of all pages: TypeScript infers only null.
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // A refetch would load every page again. Live mode loads new rows instead.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const stored = useMemo(() => pages.data?.pages.flatMap(({ items }) => items), [pages.data]);
  const [newer, setNewer] = useState<ReadonlyMap<string, T>>(new Map());
  const key = JSON.stringify(queryKey);
  useEffect(() => setNewer(new Map()), [key]);
  const rows = useMemo(
    () => (stored ? merge(stored, newer, getId, compare) : undefined),
    // `getId` and `compare` behave the same on every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [stored, newer],
  );
  const poll = useQuery({
    queryKey: [...queryKey, "newer"],
    queryFn: () => loadNewer(rows?.[0]),
    enabled: isLive && rows !== undefined,
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    gcTime: 0,
    staleTime: 0,
  });
  useEffect(() => {
    if (poll.data && poll.data.length > 0)
      setNewer((old) => new Map([...old, ...poll.data.map((row) => [getId(row), row] as const)]));
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [poll.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const onLoadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    log: { ...pages, data: rows },
    /** Props of `VirtualTable` for loading more rows on scroll. */
    paging: { hasMore: hasNextPage, isLoadingMore: isFetchingNextPage, onLoadMore },
  };
}

/** Adds the new rows that no loaded page has, in order. */
function merge<T>(
  stored: T[],
  newer: ReadonlyMap<string, T>,
  getId: (row: T) => string,
  compare: (a: T, b: T) => number,
): T[] {
  if (newer.size === 0) return stored;
  // A late row belongs among the newest stored rows, so only these are sorted again.
  const head = stored.slice(0, RESORTED_ROWS);
  const known = new Set(head.map(getId));
  const added = [...newer.values()].filter((row) => !known.has(getId(row)));
  return [...[...added, ...head].toSorted(compare), ...stored.slice(RESORTED_ROWS)];
}
