import { join } from "node:path";
import { z } from "zod";
import { InstanceUsage } from "../../workers/contract/hosting/host-protocol.ts";
import { readJsonFile, replaceJsonFile } from "./json-file.ts";

/** A crash of the host loses at most the usage of the last 15 s. */
const SAVE_INTERVAL_MS = 15_000;

const StoredState = z.strictObject({
  isDraining: z.boolean(),
  usage: z.record(z.string(), InstanceUsage),
});

/** The host's persistent state beside the engine's labels, in `state.json`. It never holds a variable's value. */
export class HostState {
  readonly #file: string;
  readonly #usage: Map<string, InstanceUsage>;
  #isDraining: boolean;
  #timer: NodeJS.Timeout | null = null;
  #lastSave: Promise<void> = Promise.resolve();

  private constructor(file: string, stored: z.infer<typeof StoredState>) {
    this.#file = file;
    this.#isDraining = stored.isDraining;
    this.#usage = new Map(Object.entries(stored.usage));
  }

  /** Reads `state.json` in the folder. Throws when the file exists and cannot be read or parsed. */
  static async open(folder: string): Promise<HostState> {
    const file = join(folder, "state.json");
    const content = await readJsonFile(file);
    const stored = content === null ? { isDraining: false, usage: {} } : StoredState.parse(content);
    return new HostState(file, stored);
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async setDraining(isDraining: boolean): Promise<void> {
    this.#isDraining = isDraining;
    await this.save();
  }

  /** The usage of an instance, initially zero. The caller adds to the object; `save` stores it. */
  getUsage(instanceId: string): InstanceUsage {
    const usage = this.#usage.get(instanceId) ?? {
      runningSeconds: 0,
      requestBytes: 0,
      responseBytes: 0,
      egressBytes: 0,
    };
    this.#usage.set(instanceId, usage);
    return usage;
  }

  /** Whether this folder's state names the instance. */
  knows(instanceId: string): boolean {
    return this.#usage.has(instanceId);
  }

  deleteUsage(instanceId: string): void {
    this.#usage.delete(instanceId);
  }

  /** Saves every 15 s until `stopSaving`; calls `beforeSave` first. */
  startSaving(beforeSave: () => void, onError: (error: unknown) => void): void {
    this.#timer = setInterval(() => {
      beforeSave();
      this.save().catch(onError);
    }, SAVE_INTERVAL_MS);
  }

  stopSaving(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Saves the state at the begin of the write. Writes run one at a time. */
  save(): Promise<void> {
    const write = () =>
      replaceJsonFile(this.#file, {
        isDraining: this.#isDraining,
        usage: Object.fromEntries(this.#usage),
      });
    this.#lastSave = this.#lastSave.then(write, write);
    return this.#lastSave;
  }
}
