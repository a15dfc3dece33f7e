/** Most bytes of lists that one isolate keeps. */
const MAX_LENGTH = 16 * 1024 * 1024;

interface Kept {
  etag: string;
  /** JSON array in UTF-8: a text would be turned into bytes for every answer. */
  items: Uint8Array;
  nextCursor: string | null;
}

/**
 * Lists as this isolate last sent them, so that an unchanged one need not be carried out of the Workspace again. A kept
 * list is used only when the Workspace names its ETag for this very request: what is seen is always its decision.
 */
const kept = new Map<string, Kept>();
let length = 0;

export function findCachedList(key: string): Kept | undefined {
  return kept.get(key);
}

export function cacheList(key: string, list: Kept): void {
  drop(key);
  if (list.items.byteLength > MAX_LENGTH / 4) return;
  kept.set(key, list);
  length += list.items.byteLength;
  for (const oldest of kept.keys()) {
    if (length <= MAX_LENGTH) break;
    drop(oldest);
  }
}

function drop(key: string): void {
  length -= kept.get(key)?.items.byteLength ?? 0;
  kept.delete(key);
}
