import { useInfiniteQuery, useQuery, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

const POLL_MS = 1_500;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

interface Log<T> {
  queryKey: QueryKey;
  /** A page of rows, newest first, after the cursor of the one before. */
  loadPage: (cursor: string | null) => Promise<Page<T>>;
  /** Rows that may be newer than those known; overlaps do no harm. */
  loadNewer: (newest: T | undefined) => Promise<T[]>;
  isLive: boolean;
  idOf: (row: T) => string;
  /** Sorts newest first. */
  compare: (a: T, b: T) => number;
}

/** A log of any length: pages are loaded as they are scrolled to, newer rows come on top while it is live. */
export function useLog<T>({ queryKey, loadPage, loadNewer, isLive, idOf, compare }: Log<T>) {
  const pages = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => loadPage(pageParam),
    // The first page has no cursor; its type is that of all that follow.
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Loading a long log again would ask for every page of it; the button asks for the first.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const stored = useMemo(() => pages.data?.pages.flatMap(({ items }) => items), [pages.data]);
  const [newer, setNewer] = useState<ReadonlyMap<string, T>>(new Map());
  const key = JSON.stringify(queryKey);
  useEffect(() => setNewer(new Map()), [key]);
  const rows = useMemo(
    () => (stored ? merge(stored, newer, idOf, compare) : undefined),
    // The functions are the same ones at every call.
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
      setNewer((old) => new Map([...old, ...poll.data.map((row) => [idOf(row), row] as const)]));
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [poll.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const onMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    log: { ...pages, data: rows },
    /** For the table, which asks for more as it is scrolled. */
    tail: { hasMore: hasNextPage, isLoadingMore: isFetchingNextPage, onMore },
  };
}

/** Newer rows on top; a row that a page has already is not shown twice. */
function merge<T>(
  stored: T[],
  newer: ReadonlyMap<string, T>,
  idOf: (row: T) => string,
  compare: (a: T, b: T) => number,
): T[] {
  if (newer.size === 0) return stored;
  // Late rows fall among the newest stored ones: only these are sorted with them.
  const head = stored.slice(0, MIXED_ROWS);
  const known = new Set(head.map(idOf));
  const added = [...newer.values()].filter((row) => !known.has(idOf(row)));
  return [...[...added, ...head].toSorted(compare), ...stored.slice(MIXED_ROWS)];
}

const MIXED_ROWS = 1_000;
