import { LONG_POLL_MS } from "../../workers/contract/limits.ts";

/** Responses that are not collected for this long are dropped. */
const KEEP_MS = 60_000;
/** Characters of one response. Longer ones are dropped. */
const MAX_RESPONSE_LENGTH = 1024 * 1024;
/** Characters of all responses that wait. More are dropped. */
const MAX_PENDING_LENGTH = 16 * MAX_RESPONSE_LENGTH;

interface Box {
  /** JSON texts of the responses, by the server's key of the request. */
  responses: Map<string, string>;
  usedAt: number;
  wake: () => void;
}

/**
 * Hands a client's responses, which arrive in separate requests, to the call that waits for them. A box holds the
 * responses to one call's server requests. In memory: when the object stops, the wait ends.
 */
export class PendingResponses {
  readonly #boxes = new Map<string, Box>();

  /** Puts a response into its box. */
  deliver(boxName: string, key: string, text: string): void {
    if (text.length > MAX_RESPONSE_LENGTH) return;
    const box = this.#openBox(boxName);
    const pending = [...this.#boxes.values()].flatMap(({ responses }) => [...responses.values()]);
    if (pending.reduce((sum, { length }) => sum + length, text.length) > MAX_PENDING_LENGTH) return;
    box.responses.set(key, text);
    box.wake();
  }

  /** The responses to all keys, once; null: some are missing after 50 s, collect again. */
  async collect(boxName: string, keys: string[]): Promise<Record<string, string> | null> {
    const box = this.#openBox(boxName);
    const isComplete = () => keys.every((key) => box.responses.has(key));
    if (!isComplete()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LONG_POLL_MS);
        box.wake = () => {
          if (!isComplete()) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    box.usedAt = Date.now();
    if (!isComplete()) return null;
    this.#boxes.delete(boxName);
    return Object.fromEntries(box.responses);
  }

  #openBox(name: string): Box {
    const now = Date.now();
    for (const [other, { usedAt }] of this.#boxes) {
      if (usedAt < now - KEEP_MS) this.#boxes.delete(other);
    }
    const box = this.#boxes.get(name) ?? {
      responses: new Map(),
      usedAt: now,
      wake: () => undefined,
    };
    box.usedAt = now;
    this.#boxes.set(name, box);
    return box;
  }
}
