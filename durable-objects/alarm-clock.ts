import { MINUTE_MS } from "../workers/contract/units.ts";
import { logFailure } from "../workers/runtime/log.ts";
import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";

/** One kind of work of the object's alarm. Instants are epoch ms; null: it has no work. */
export interface AlarmTask {
  /** When the task is next due, as the stored state says: an object that was evicted does not remember. */
  nextDueAt(loaded: LoadedWorkspace): number | null;
  /** Does what is due now, if anything. Handles its failures, and returns when it is next due. */
  run(loaded: LoadedWorkspace): Promise<number | null>;
}

interface Dependencies {
  ctx: DurableObjectState;
  tasks: AlarmTask[];
  /** As `ConfigReplica.load`. */
  load: () => Promise<LoadedWorkspace | "unknown" | "unavailable">;
}

/** Least delay of a run, so that it does more: a message of the outbox carries more rows. */
const MIN_DELAY_MS = 500;
/** Work that is due within this time waits for a timer, which costs neither a request nor a row. */
const SOON_MS = 1_000;
/** If the object stops before that, an alarm at the latest after this time, or the next request, does the work. */
const SAFETY_MS = 6 * MINUTE_MS;
/** Delay after the workspace could not be loaded. */
const RETRY_AFTER_MS = 10_000;

/** The object's one alarm, which several tasks share. Each alarm costs a request and a written row. */
export class AlarmClock {
  readonly #ctx: DurableObjectState;
  readonly #tasks: AlarmTask[];
  readonly #load: Dependencies["load"];
  /** Epoch ms; null: no alarm is set, or it is not known. */
  #alarmAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Whether a run loads the workspace. */
  #isRunning = false;
  /** The run in progress: two at a time would send the same rows. */
  #running: Promise<void> = Promise.resolve();

  constructor({ ctx, tasks, load }: Dependencies) {
    this.#ctx = ctx;
    this.#tasks = tasks;
    this.#load = load;
  }

  /** Has the tasks run at `at` (epoch ms; null: never), unless they run earlier anyway. */
  async schedule(at: number | null): Promise<void> {
    if (at === null) return;
    const now = Date.now();
    const isSoon = at <= now + SOON_MS;
    if (isSoon) this.#startTimer();
    const alarmAt = isSoon ? now + SAFETY_MS : at;
    if (this.#alarmAt !== null && this.#alarmAt <= alarmAt) return;
    await this.#setAlarm(alarmAt);
  }

  /** To be called when a workspace is loaded: an earlier stop can have left work. */
  async handleLoad(loaded: LoadedWorkspace): Promise<void> {
    // What is due runs at once.
    if (this.#isRunning) return;
    // A workspace that this object had before took its alarm along when it was deleted.
    this.#alarmAt = null;
    const alarmAt = await this.#ctx.storage.getAlarm();
    // One in the past is set again.
    if (alarmAt !== null && alarmAt > Date.now()) this.#alarmAt ??= alarmAt;
    await this.scheduleTasks(loaded);
  }

  /** Has the tasks run when the first of them is due. */
  async scheduleTasks(loaded: LoadedWorkspace): Promise<void> {
    await this.schedule(this.#nextDueAt(loaded));
  }

  /** To be called when work is done for which an alarm is set: it would find nothing to do. */
  async handleDone(loaded: LoadedWorkspace): Promise<void> {
    const next = this.#nextDueAt(loaded);
    if (this.#alarmAt === null || (next !== null && next <= this.#alarmAt))
      return this.schedule(next);
    if (next !== null) return this.#setAlarm(next);
    this.#alarmAt = null;
    await this.#ctx.storage.deleteAlarm();
  }

  /** Must be called when the alarm fires. */
  async ring(): Promise<void> {
    this.#alarmAt = null;
    await this.#run();
  }

  #run(): Promise<void> {
    const run = this.#running.then(() => this.#runTasks());
    // The caller handles a failure; the next run takes place.
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #runTasks(): Promise<void> {
    this.#isRunning = true;
    const loaded = await this.#load().finally(() => (this.#isRunning = false));
    if (loaded === "unknown") return;
    if (loaded === "unavailable") return this.schedule(Date.now() + RETRY_AFTER_MS);
    const dueAt: (number | null)[] = [];
    for (const task of this.#tasks) dueAt.push(await task.run(loaded));
    await this.schedule(findEarliest(dueAt));
  }

  #startTimer(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const run = this.#run().catch((error: unknown) => logFailure("alarm_tasks_failed", error));
      this.#ctx.waitUntil(run);
    }, MIN_DELAY_MS);
  }

  #nextDueAt(loaded: LoadedWorkspace): number | null {
    return findEarliest(this.#tasks.map((task) => task.nextDueAt(loaded)));
  }

  async #setAlarm(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#ctx.storage.setAlarm(at);
  }
}

function findEarliest(instants: (number | null)[]): number | null {
  const set = instants.filter((at) => at !== null);
  return set.length > 0 ? Math.min(...set) : null;
}
