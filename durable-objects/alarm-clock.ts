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
  /** Whether the alarm loads the workspace: what is due then runs at once. */
  #isRinging = false;

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
    if (this.#isRinging) return;
    // A workspace that this object had before took its alarm along when it was deleted.
    this.#alarmAt = null;
    const alarmAt = await this.#storage.getAlarm();
    // One in the past is set again.
    if (alarmAt !== null && alarmAt > Date.now()) this.#alarmAt ??= alarmAt;
    await this.scheduleTasks(loaded);
  }

  /** Sets the alarm for what is next due, unless it is set. */
  async scheduleTasks(loaded: LoadedWorkspace): Promise<void> {
    await this.schedule(findEarliest(this.#tasks.map((task) => task.nextDueAt(loaded))));
  }

  /** Must be called when the alarm fires. */
  async ring(load: Load): Promise<void> {
    this.#alarmAt = null;
    this.#isRinging = true;
    const loaded = await load().finally(() => (this.#isRinging = false));
    if (loaded === "unknown") return;
    if (loaded === "unavailable") return this.schedule(Date.now() + RETRY_AFTER_MS);
    const dueAt: (number | null)[] = [];
    for (const task of this.#tasks) dueAt.push(await task.run(loaded));
    await this.schedule(findEarliest(dueAt));
  }
}

function findEarliest(instants: (number | null)[]): number | null {
  const set = instants.filter((at) => at !== null);
  return set.length > 0 ? Math.min(...set) : null;
}
