import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { AlarmClock } from "../alarm-clock.ts";

/** Delay of a flush, which collects calls and outcomes for one write. */
const FLUSH_AFTER_MS = 250;
/** After this time without a call, unused numbers are returned, so that an eviction leaves none in doubt. */
const RETURN_NUMBERS_AFTER_MS = 5_000;

/** How often the rate limits' windows are stored; an object is evicted after 10 s without a request. */
const SAVE_LIMITS_AFTER_MS = 5_000;

/** Schedules the call log's and the rate limits' writes to SQLite, and the alarm that sends what they left in the outbox. */
export class FlushScheduler {
  readonly #ctx: DurableObjectState;
  readonly #alarm: AlarmClock;
  readonly #findLoaded: () => LoadedWorkspace | null;
  #flushTimer: ReturnType<typeof setTimeout> | null = null;
  #returnNumbersTimer: ReturnType<typeof setTimeout> | null = null;
  #willSaveLimits = false;

  /** `findLoaded`: null while no workspace is loaded. */
  constructor(
    ctx: DurableObjectState,
    alarm: AlarmClock,
    findLoaded: () => LoadedWorkspace | null,
  ) {
    this.#ctx = ctx;
    this.#alarm = alarm;
    this.#findLoaded = findLoaded;
  }

  /** Schedules what a request left in memory. */
  scheduleWrites({ callLog, limiter }: LoadedWorkspace): void {
    if (callLog.hasUnflushed) this.#scheduleFlush();
    if (limiter.hasUnsaved) this.#scheduleSaveLimits();
  }

  /** Flushes the call log after 250 ms, and returns unused numbers after 5 s without a call. */
  #scheduleFlush(): void {
    if (this.#flushTimer !== null) return;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = null;
      this.#write(({ callLog }) => callLog.flush(Date.now()));
      if (this.#returnNumbersTimer !== null) clearTimeout(this.#returnNumbersTimer);
      this.#returnNumbersTimer = setTimeout(
        () => this.#write(({ callLog }) => callLog.returnUnusedNumbers(Date.now())),
        RETURN_NUMBERS_AFTER_MS,
      );
    }, FLUSH_AFTER_MS);
  }

  #scheduleSaveLimits(): void {
    if (this.#willSaveLimits) return;
    this.#willSaveLimits = true;
    setTimeout(() => {
      this.#willSaveLimits = false;
      this.#write(({ limiter }) => limiter.save(Date.now()));
    }, SAVE_LIMITS_AFTER_MS);
  }

  #write(write: (loaded: LoadedWorkspace) => void): void {
    const loaded = this.#findLoaded();
    if (!loaded) return;
    this.#ctx.storage.transactionSync(() => write(loaded));
    this.#ctx.waitUntil(this.#alarm.schedule(loaded.callLog.nextDueAt()));
  }
}
