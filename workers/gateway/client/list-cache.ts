import { SizedCache } from "../../runtime/sized-cache.ts";

/** Most bytes of lists that one isolate caches. Its memory of 128 MB is shared by all requests. */
const MAX_CACHE_BYTES = 16 * 1024 * 1024;
/** One list cannot evict all others. */
const MAX_LIST_BYTES = MAX_CACHE_BYTES / 4;

/** A page of a list as it was last sent. */
export interface CachedList {
  etag: string;
  /** JSON array in UTF-8: a text would be encoded again for every response. */
  items: Uint8Array;
  nextCursor: string | null;
}

/**
 * The lists that this isolate last sent, so that an unchanged list does not cross RPC again. A cached list is used only
 * when the Workspace returns its ETag for this request: the Workspace decides what each client sees.
 */
const lists = new SizedCache<CachedList>(MAX_CACHE_BYTES);

/** The cached list of a key; undefined: none. */
export function findCachedList(key: string): CachedList | undefined {
  return lists.find(key);
}

/** Caches a list, unless it is too large. */
export function cacheList(key: string, list: CachedList): void {
  if (list.items.byteLength <= MAX_LIST_BYTES) lists.add(key, list, list.items.byteLength);
}
