import type { CallLog } from "./call-log.ts";

/** Refusals, and calls in flight, become durable this long after they appeared; rows wait as long again for others. */
const WRITE_AFTER_MS = 250;
const SEND_AFTER_MS = 500;
/** After this long without a call the book is closed, so that an eviction leaves no number in doubt. */
const RELEASE_AFTER_MS = 5_000;

/** When the book of calls is written, closed and sent on. */
export class FlushScheduler {
  readonly #ctx: DurableObjectState;
  readonly #ledger: () => CallLog | undefined;
  #writeTimer: ReturnType<typeof setTimeout> | null = null;
  #releaseTimer: ReturnType<typeof setTimeout> | null = null;
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, ledger: () => CallLog | undefined) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  /** Makes what is in memory durable within a moment, and gives unused numbers back after a quiet while. */
  scheduleFlush(): void {
    if (this.#writeTimer !== null) return;
    this.#writeTimer = setTimeout(() => {
      this.#writeTimer = null;
      this.#write((ledger) => ledger.write(Date.now()));
      if (this.#releaseTimer !== null) clearTimeout(this.#releaseTimer);
      this.#releaseTimer = setTimeout(
        () => this.#write((ledger) => ledger.release(Date.now())),
        RELEASE_AFTER_MS,
      );
    }, WRITE_AFTER_MS);
  }

  /** Sets the object's alarm for rows that are to be sent, at the latest at `at` (epoch ms). */
  async scheduleAlarm(at: number): Promise<void> {
    if (at === Infinity) return;
    const due = Math.max(at, Date.now() + SEND_AFTER_MS);
    if (this.#alarmAt !== null && this.#alarmAt <= due) return;
    this.#alarmAt = due;
    await this.#ctx.storage.setAlarm(due);
  }

  /** The alarm has gone off. */
  woken(): void {
    this.#alarmAt = null;
  }

  #write(write: (ledger: CallLog) => void): void {
    const ledger = this.#ledger();
    if (!ledger) return;
    this.#ctx.storage.transactionSync(() => write(ledger));
    this.#ctx.waitUntil(this.scheduleAlarm(ledger.nextDueAt() ?? Infinity));
  }
}
