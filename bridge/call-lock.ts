import { MAX_WAITING_CALLS } from "./limits.ts";

/** A lock that a call has acquired. Releasing it twice does nothing. */
export interface AcquiredLock {
  release(): void;
}

interface WaitingCall {
  isExclusive: boolean;
  enter(lock: AcquiredLock): void;
}

/**
 * A fair readers-writer lock for calls to the server: several shared calls at a time, or one exclusive call, in order
 * of arrival. A server that reads, changes and rewrites a file loses updates when calls run concurrently.
 */
export class CallLock {
  readonly #maxShared: number;
  #waiting: WaitingCall[] = [];
  #shared = 0;
  #isExclusive = false;
  #pauses = 0;

  constructor(maxShared: number) {
    this.#maxShared = maxShared;
  }

  /** Waits for the lock; null: too many calls wait already, or the signal was aborted first. */
  acquire(isExclusive: boolean, signal: AbortSignal): Promise<AcquiredLock | null> {
    if (signal.aborted || this.#waiting.length >= MAX_WAITING_CALLS) return Promise.resolve(null);
    return new Promise((resolve) => {
      const cancel = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        resolve(null);
        this.#admitNext();
      };
      const waiting: WaitingCall = {
        isExclusive,
        enter: (lock) => {
          signal.removeEventListener("abort", cancel);
          resolve(lock);
        },
      };
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiting.push(waiting);
      this.#admitNext();
    });
  }

  /** Admits no call until the returned function is called. Calling it twice does nothing. */
  pause(): () => void {
    let isPaused = true;
    this.#pauses++;
    return () => {
      if (!isPaused) return;
      isPaused = false;
      this.#pauses--;
      this.#admitNext();
    };
  }

  #admitNext(): void {
    for (let next = this.#waiting[0]; next && this.#canEnter(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      if (next.isExclusive) this.#isExclusive = true;
      else this.#shared++;
      next.enter(this.#makeLock(next.isExclusive));
    }
  }

  #canEnter({ isExclusive }: WaitingCall): boolean {
    if (this.#pauses > 0 || this.#isExclusive) return false;
    return isExclusive ? this.#shared === 0 : this.#shared < this.#maxShared;
  }

  #makeLock(isExclusive: boolean): AcquiredLock {
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (isExclusive) this.#isExclusive = false;
        else this.#shared--;
        this.#admitNext();
      },
    };
  }
}
