/** Answers that nobody has fetched for this long are dropped. */
const KEEP_MS = 60_000;
/** Longer answers, and answers beyond what is kept at a time, are lost. */
const MAX_ANSWER_LENGTH = 1024 * 1024;
const MAX_KEPT_LENGTH = 16 * MAX_ANSWER_LENGTH;
/** How long `collect` waits before it says that not all is there yet. */
const WAIT_MS = 50_000;

interface Box {
  answers: Map<string, string>;
  usedAt: number;
  wake: () => void;
}

/**
 * Where an answer, which arrives in a request of its own, meets the request that waits for it. It lives in memory: when
 * the object stops, so does the wait.
 */
export class PendingResponses {
  readonly #boxes = new Map<string, Box>();

  deliver(box: string, key: string, text: string): void {
    if (text.length > MAX_ANSWER_LENGTH) return;
    const found = this.#open(box);
    const kept = [...this.#boxes.values()].flatMap(({ answers }) => [...answers.values()]);
    if (kept.reduce((sum, { length }) => sum + length, text.length) > MAX_KEPT_LENGTH) return;
    found.answers.set(key, text);
    found.wake();
  }

  /** The answers for all keys, once; null when some are missing after a while: ask again. */
  async collect(box: string, keys: string[]): Promise<Record<string, string> | null> {
    const found = this.#open(box);
    const isComplete = () => keys.every((key) => found.answers.has(key));
    if (!isComplete()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, WAIT_MS);
        found.wake = () => {
          if (!isComplete()) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    found.usedAt = Date.now();
    if (!isComplete()) return null;
    this.#boxes.delete(box);
    return Object.fromEntries(found.answers);
  }

  #open(name: string): Box {
    const now = Date.now();
    for (const [other, { usedAt }] of this.#boxes) {
      if (usedAt < now - KEEP_MS) this.#boxes.delete(other);
    }
    const box = this.#boxes.get(name) ?? { answers: new Map(), usedAt: now, wake: () => undefined };
    box.usedAt = now;
    this.#boxes.set(name, box);
    return box;
  }
}
