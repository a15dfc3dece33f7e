import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";

/** One kind of work of the object's alarm. Instants are epoch ms; null: it has no work. */
export interface AlarmTask {
  /** When the task is next due, as the stored state says: an object that was evicted does not remember. */
  nextDueAt(loaded: LoadedWorkspace): number | null;
  /** Does what is due now, if anything. Handles its failures, and returns when it is next due. */
  run(loaded: LoadedWorkspace): Promise<number | null>;
}

/** The workspace, or why there is none, as `ConfigReplica.load` returns it. */
type Load = () => Promise<LoadedWorkspace | "unknown" | "unavailable">;

/** Least delay of an alarm, so that one run does more: a message of the outbox carries more rows. */
const MIN_DELAY_MS = 500;
/** Delay after the workspace could not be loaded. */
const RETRY_AFTER_MS = 10_000;

/** The object's one alarm, which several tasks share. Every alarm costs a request and a written row. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  readonly #tasks: AlarmTask[];
  /** Epoch ms; null: no alarm is set, or it is not known. */
  #alarmAt: number | null = null;

  constructor(storage: DurableObjectStorage, tasks: AlarmTask[]) {
    this.#storage = storage;
    this.#tasks = tasks;
  }

  /** Sets the object's alarm to `at` (epoch ms; null: none), unless an earlier one is set. */
  async schedule(at: number | null): Promise<void> {
    if (at === null) return;
    const alarmAt = Math.max(at, Date.now() + MIN_DELAY_MS);
    if (this.#alarmAt !== null && this.#alarmAt <= alarmAt) return;
    this.#alarmAt = alarmAt;
    await this.#storage.setAlarm(alarmAt);
  }

  /** Must be called when a workspace is loaded: sets the alarm for what an earlier stop left. */
  async handleLoad(loaded: LoadedWorkspace): Promise<void> {
    // A workspace that this object had before took its alarm along when it was deleted.
    this.#alarmAt = null;
    const dueAt = this.#tasks.map((task) => task.nextDueAt(loaded)).filter((at) => at !== null);
    if (dueAt.length > 0) await this.schedule(Math.min(...dueAt));
  }

  /** Must be called when the alarm fires. */
  async ring(load: Load): Promise<void> {
    this.#alarmAt = null;
    const loaded = await load();
    if (loaded === "unknown") return;
    if (loaded === "unavailable") return this.schedule(Date.now() + RETRY_AFTER_MS);
    for (const task of this.#tasks) await this.schedule(await task.run(loaded));
  }
}
