import type { Env } from "../../workers/runtime/env.ts";
import { loadedWorkspaces } from "../../workers/runtime/loaded-workspaces.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { sendOutbox } from "./outbox.ts";

/** Delay of a flush, which collects calls and outcomes for one write. */
const FLUSH_AFTER_MS = 250;
/** Delay of an alarm, so that one message carries more rows. */
const SEND_AFTER_MS = 500;
/** After this time without a call, unused numbers are returned, so that an eviction leaves none in doubt. */
const RETURN_NUMBERS_AFTER_MS = 5_000;

/** How often the rate limits' windows are stored; an object is evicted after 10 s without a request. */
const SAVE_LIMITS_AFTER_MS = 5_000;

/** Schedules the call log's and the rate limits' writes to SQLite and the object's alarm, which sends the outbox. */
export class FlushScheduler {
  readonly #ctx: DurableObjectState;
  readonly #findLoaded: () => LoadedWorkspace | null;
  #flushTimer: ReturnType<typeof setTimeout> | null = null;
  #returnNumbersTimer: ReturnType<typeof setTimeout> | null = null;
  #willSaveLimits = false;
  /** Epoch ms; null: no alarm is set. */
  #alarmAt: number | null = null;

  /** `findLoaded`: null while no workspace is loaded. */
  constructor(ctx: DurableObjectState, findLoaded: () => LoadedWorkspace | null) {
    this.#ctx = ctx;
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

  /** Sets the alarm for what an earlier stop left: unsent rows, open calls, numbers in doubt. */
  readonly handleLoad = ({ callLog, config }: LoadedWorkspace): void => {
    loadedWorkspaces.add(config.workspace.slug);
    // A workspace that this object had before took its alarm along when it was deleted.
    this.#alarmAt = null;
    const dueAt = callLog.nextDueAt();
    if (dueAt !== null) this.#ctx.waitUntil(this.scheduleAlarm(dueAt));
  };

  /** Sets the object's alarm to `at` (epoch ms; Infinity: none), unless an earlier one is set. */
  async scheduleAlarm(at: number): Promise<void> {
    if (at === Infinity) return;
    const alarmAt = Math.max(at, Date.now() + SEND_AFTER_MS);
    if (this.#alarmAt !== null && this.#alarmAt <= alarmAt) return;
    this.#alarmAt = alarmAt;
    await this.#ctx.storage.setAlarm(alarmAt);
  }

  /**
   * Must be called when the alarm fires: sends the outbox, and settles calls and numbers that are overdue. `load`: loads
   * the workspace, as `ConfigReplica.load`.
   */
  async handleAlarm(
    load: () => Promise<LoadedWorkspace | "unknown" | "unavailable">,
    env: Env,
  ): Promise<void> {
    this.#alarmAt = null;
    const next = await sendOutbox(await load(), env);
    if (next !== null) await this.scheduleAlarm(next);
  }

  #write(write: (loaded: LoadedWorkspace) => void): void {
    const loaded = this.#findLoaded();
    if (!loaded) return;
    this.#ctx.storage.transactionSync(() => write(loaded));
    this.#ctx.waitUntil(this.scheduleAlarm(loaded.callLog.nextDueAt() ?? Infinity));
  }
}
