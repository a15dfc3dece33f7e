/** Most bytes of lists that one isolate caches. Its memory of 128 MB is shared by all requests. */
const MAX_CACHE_BYTES = 16 * 1024 * 1024;
/** One list cannot evict all others. */
const MAX_LIST_BYTES = MAX_CACHE_BYTES / 4;

interface CachedList {
  etag: string;
  /** JSON array in UTF-8: a text would be encoded again for every response. */
  items: Uint8Array;
  nextCursor: string | null;
}

/**
 * The lists that this isolate last sent, oldest first, so that an unchanged list does not cross RPC again. A cached
 * list is used only when the Workspace returns its ETag for this request: the Workspace decides what each client sees.
 */
const lists = new Map<string, CachedList>();
let totalBytes = 0;

/** The cached list of a key; undefined: none. */
export function findCachedList(key: string): CachedList | undefined {
  return lists.get(key);
}

/** Caches a list, and evicts the oldest lists beyond the limit. */
export function cacheList(key: string, list: CachedList): void {
  evict(key);
  if (list.items.byteLength > MAX_LIST_BYTES) return;
  lists.set(key, list);
  totalBytes += list.items.byteLength;
  for (const oldest of lists.keys()) {
    if (totalBytes <= MAX_CACHE_BYTES) break;
    evict(oldest);
  }
}

function evict(key: string): void {
  totalBytes -= lists.get(key)?.items.byteLength ?? 0;
  lists.delete(key);
}
