import { MINUTE_MS } from "../contract/units.ts";

/** Counts events of which only some are allowed in a minute. */
export class MinuteCount {
  readonly #limit: number;
  #minuteBeganAt = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one event; `now`: epoch ms. False: it is one too many. */
  add(now: number): boolean {
    if (now - this.#minuteBeganAt >= MINUTE_MS) {
      this.#minuteBeganAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#limit;
  }
}
