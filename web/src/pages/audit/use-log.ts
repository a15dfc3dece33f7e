import {
  keepPreviousData,
  useInfiniteQuery,
  useQueryClient,
  type QueryKey,
} from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";

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
  loadPage: (cursor: string | null, openedAt: number) => Promise<Page<T>>;
  /** Loads rows that can be newer than the given one, at most `maxNewer`. Known rows replace those that are shown. */
  loadNewer: (newest: T | undefined, openedAt: number) => Promise<T[]>;
  maxNewer: number;
  isLive: boolean;
  getId: (row: T) => string;
  /** Sorts newest first. */
  compare: (a: T, b: T) => number;
}

/** Where a page begins. */
interface Place {
  cursor: string;
  openedAt: number;
}

/** Rows that were loaded after the pages. `at`: when they were last asked for, epoch ms. */
interface Newer<T> {
  openedAt: number;
  rows: ReadonlyMap<string, T>;
  at: number;
}

/** A log as `useLog` gives it. */
export type Log<T> = ReturnType<typeof useLog<T>>;

/**
 * A log of any length. It is fetched anew whenever its page opens, loads older rows on scroll and newer ones when the
 * window gets the focus and, while `isLive`, every 1.5 s. Rows that are shown stay.
 */
export function useLog<T>(options: Options<T>) {
  const { queryKey, loadPage, getId, compare } = options;
  const [refreshes, setRefreshes] = useState(0);
  const refresh = useCallback(() => setRefreshes((count) => count + 1), []);
  const pages = useInfiniteQuery({
    queryKey: [...queryKey, "pages", refreshes],
    queryFn: async ({ pageParam }) => {
      const openedAt = pageParam?.openedAt ?? Date.now();
      return { ...(await loadPage(pageParam?.cursor ?? null, openedAt)), openedAt };
    },
    // Typed as the place of all pages: TypeScript infers only null.
    initialPageParam: null as Place | null,
    getNextPageParam: ({ nextCursor, openedAt }) =>
      nextCursor === null ? null : { cursor: nextCursor, openedAt },
    // A refetch would load every page again.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  });
  const stored = useMemo(() => pages.data?.pages.flatMap(({ items }) => items), [pages.data]);
  const openedAt = pages.data?.pages[0]?.openedAt ?? 0;
  const isCurrent = stored !== undefined && !pages.isPlaceholderData;
  const [added, setAdded] = useState<Newer<T> | null>(null);
  const newer = added?.openedAt === openedAt ? added : null;
  const rows = useMemo(
    () => (stored ? merge(stored, newer?.rows ?? new Map<string, T>(), getId, compare) : undefined),
    // `getId` and `compare` behave the same on every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [stored, newer],
  );
  usePolling(isCurrent, options, openedAt, rows, (found) => {
    const isGap =
      found.length >= options.maxNewer &&
      !found.some((row) => rows?.[0] !== undefined && getId(row) === getId(rows[0]));
    if (isGap) return refresh();
    const known = new Map([
      ...(newer?.rows ?? []),
      ...found.map((row) => [getId(row), row] as const),
    ]);
    setAdded({ openedAt, rows: known, at: Date.now() });
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const onLoadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    query: { data: rows, error: pages.error, refetch: pages.refetch },
    rows,
    /** Number of rows that were added to the pages. */
    added: (rows?.length ?? 0) - (stored?.length ?? 0),
    /** Whether the rows are those of the filters, and not of the ones before, which are shown until these are loaded. */
    isCurrent,
    /** When the log was fetched or refreshed, epoch ms; 0: not yet. Relative time ranges count from then. */
    openedAt,
    /** When the newest rows were last asked for, epoch ms; 0: not yet. */
    asOf: newer?.at ?? openedAt,
    refresh,
    /** Props of `VirtualTable` for loading more rows on scroll. */
    paging: { hasMore: hasNextPage, isLoadingMore: isFetchingNextPage, onLoadMore },
  };
}

/** Asks for newer rows while `isLive`, and when the window gets the focus. */
function usePolling<T>(
  isEnabled: boolean,
  { queryKey, loadNewer, isLive }: Options<T>,
  openedAt: number,
  rows: T[] | undefined,
  onFound: (rows: T[]) => void,
): void {
  const client = useQueryClient();
  const isBusy = useRef(false);
  const receive = useEffectEvent((found: T[], askedFor: number) => {
    if (askedFor === openedAt) onFound(found);
  });
  const poll = useEffectEvent(async () => {
    if (!isEnabled || isBusy.current || document.visibilityState === "hidden") return;
    isBusy.current = true;
    // A query, so that an ended session is noticed. A failed poll is repeated, and “as of” shows its age.
    const queryFn = () => loadNewer(rows?.[0], openedAt);
    const found = await client
      .fetchQuery({
        queryKey: [...queryKey, "newer"],
        queryFn,
        staleTime: 0,
        gcTime: 0,
        retry: false,
      })
      .catch(() => null);
    isBusy.current = false;
    if (found) receive(found, openedAt);
  });
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => void poll(), POLL_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  useEffect(() => {
    const onFocus = () => void poll();
    globalThis.addEventListener("focus", onFocus);
    document.addEventListener("visibilitychange", onFocus);
    return () => {
      globalThis.removeEventListener("focus", onFocus);
      document.removeEventListener("visibilitychange", onFocus);
    };
  }, []);
}

/** Adds newer rows in order, and replaces rows that have changed: an outcome became known, or a count has grown. */
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
  const current = head.map((row) => newer.get(getId(row)) ?? row);
  return [...[...added, ...current].toSorted(compare), ...stored.slice(RESORTED_ROWS)];
}
