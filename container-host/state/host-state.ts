import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InstanceUsage } from "../../workers/contract/hosting/host-protocol.ts";
import { writeFileWhole } from "./host-identity.ts";

/** How much of the sums a crash of the host may lose. */
const SAVE_INTERVAL_MS = 15_000;

const Stored = z.strictObject({
  isDraining: z.boolean(),
  usage: z.record(z.string(), InstanceUsage),
});

/** What the host remembers over restarts beside the engine's labels: `state.json`. Holds no variable. */
export class HostState {
  readonly #file: string;
  readonly #usage: Map<string, InstanceUsage>;
  #isDraining: boolean;
  #timer: NodeJS.Timeout | null = null;
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string, stored: z.infer<typeof Stored>) {
    this.#file = file;
    this.#isDraining = stored.isDraining;
    this.#usage = new Map(Object.entries(stored.usage));
  }

  /** Throws when the file is there and cannot be read. */
  static async open(folder: string): Promise<HostState> {
    const file = join(folder, "state.json");
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    });
    const stored =
      text === null ? { isDraining: false, usage: {} } : Stored.parse(JSON.parse(text));
    return new HostState(file, stored);
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async setDraining(isDraining: boolean): Promise<void> {
    this.#isDraining = isDraining;
    await this.save();
  }

  /** The live sums of an instance, from zero where there are none; what is added to them is saved. */
  usageOf(instanceId: string): InstanceUsage {
    const usage = this.#usage.get(instanceId) ?? {
      runningSeconds: 0,
      requestBytes: 0,
      responseBytes: 0,
      egressBytes: 0,
    };
    this.#usage.set(instanceId, usage);
    return usage;
  }

  forget(instanceId: string): void {
    this.#usage.delete(instanceId);
  }

  /** Saves every 15 s what `beforeSave` brought up to date, until `save` is called for the last time by the one who stops. */
  startSaving(beforeSave: () => void, onError: (error: unknown) => void): void {
    this.#timer = setInterval(() => {
      beforeSave();
      this.save().catch(onError);
    }, SAVE_INTERVAL_MS);
  }

  stopSaving(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** One write at a time, each of what is true when it begins. */
  save(): Promise<void> {
    const write = () =>
      writeFileWhole(this.#file, {
        isDraining: this.#isDraining,
        usage: Object.fromEntries(this.#usage),
      });
    this.#saved = this.#saved.then(write, write);
    return this.#saved;
  }
}
