import { MAX_WAITING_CALLS } from "./limits.ts";

/** A call's turn at the server; releasing it twice does nothing. */
export interface Turn {
  release(): void;
}

interface Waiting {
  isExclusive: boolean;
  enter(turn: Turn): void;
}

/**
 * A readers/writer lock in order of arrival: many shared turns at a time, or one exclusive one. Servers that read a file,
 * change it and write it back lose what concurrent calls wrote.
 */
export class Gate {
  readonly #maxShared: number;
  #queue: Waiting[] = [];
  #shared = 0;
  #isExclusive = false;
  #holds = 0;

  constructor(maxShared: number) {
    this.#maxShared = maxShared;
  }

  /** Waits for a turn; null when too many wait already, or when the signal is aborted first. */
  acquire(isExclusive: boolean, signal: AbortSignal): Promise<Turn | null> {
    if (signal.aborted || this.#queue.length >= MAX_WAITING_CALLS) return Promise.resolve(null);
    return new Promise((resolve) => {
      const leave = () => {
        this.#queue = this.#queue.filter((other) => other !== waiting);
        resolve(null);
        this.#admit();
      };
      const waiting: Waiting = {
        isExclusive,
        enter: (turn) => {
          signal.removeEventListener("abort", leave);
          resolve(turn);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  /** Lets nobody in until the returned function is called; calling it twice does nothing. */
  hold(): () => void {
    let isHolding = true;
    this.#holds++;
    return () => {
      if (!isHolding) return;
      isHolding = false;
      this.#holds--;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#mayEnter(next); next = this.#queue[0]) {
      this.#queue.shift();
      if (next.isExclusive) this.#isExclusive = true;
      else this.#shared++;
      next.enter(this.#turn(next.isExclusive));
    }
  }

  #mayEnter({ isExclusive }: Waiting): boolean {
    if (this.#holds > 0 || this.#isExclusive) return false;
    return isExclusive ? this.#shared === 0 : this.#shared < this.#maxShared;
  }

  #turn(isExclusive: boolean): Turn {
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (isExclusive) this.#isExclusive = false;
        else this.#shared--;
        this.#admit();
      },
    };
  }
}
