import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeSecrets } from "../../scripts/data-folder.ts";
import { startRuntime, type Runtime } from "../../scripts/local-runtime.ts";
import type { ManagementApi } from "../../scripts/management-client.ts";
import { findFreePort } from "../../scripts/ports.ts";
import { buildWorker, type WorkerBundle } from "../../scripts/worker-bundle.ts";
import { childrenOf, cpuMs } from "../bench/processes.ts";
import { Counts } from "./counters.ts";

/** The production bundle with `counted-worker.mjs` around it. */
export class CountedGateway {
  readonly api: ManagementApi;
  readonly #folder: string;
  readonly #bundle: WorkerBundle;
  readonly #bindings: Record<string, string>;
  #runtime: Runtime | null = null;
  #cpuMs = 0;

  private constructor(folder: string, bundle: WorkerBundle, port: number) {
    const { operatorKey, masterKeys } = makeSecrets();
    this.#folder = folder;
    this.#bundle = bundle;
    this.#bindings = {
      MCPNEST_OPERATOR_KEY: operatorKey,
      MCPNEST_MASTER_KEYS: masterKeys,
      // Passkeys do not work on IP addresses.
      ALLOWED_HOSTS: `127.0.0.1:${port},localhost:${port}`,
      CLIENT_ADDRESS_HEADER: "",
      ALLOW_PRIVATE_UPSTREAMS: "true",
    };
    this.api = { apiUrl: `http://127.0.0.1:${port}/api`, operatorKey };
  }

  /** Starts it with empty storage. */
  static async start(): Promise<CountedGateway> {
    const folder = await mkdtemp(join(tmpdir(), "mcpnest-cost-"));
    const { workerOptions, ...bundle } = await buildWorker();
    await copyFile(String(workerOptions.scriptPath), join(folder, "index.js"));
    const wrapper = join(folder, "counted-worker.mjs");
    await copyFile(fileURLToPath(new URL("counted-worker.mjs", import.meta.url)), wrapper);
    const { scriptPath: _, ...options } = workerOptions;
    const modules = [wrapper, join(folder, "index.js")].map((path) => ({
      type: "ESModule" as const,
      path,
    }));
    const counted = { ...bundle, workerOptions: { ...options, modules, modulesRoot: folder } };
    const gateway = new CountedGateway(folder, counted, await findFreePort());
    await gateway.resume();
    return gateway;
  }

  /** Starts it again with its storage, as a deployment does. */
  async resume(): Promise<void> {
    this.#runtime = await startRuntime({
      bundle: this.#bundle,
      port: Number(new URL(this.api.apiUrl).port),
      stateDir: join(this.#folder, "state"),
      bindings: this.#bindings,
      onLog: ({ level, message }) => level === "error" && console.error(message),
    });
    this.#cpuMs = 0;
  }

  /** Fires the cron triggers of a minute. */
  async runCrons(at: Date): Promise<void> {
    await this.#runtime?.runCrons(at);
  }

  /** What was counted since the last read. */
  async readCounts(): Promise<Counts> {
    const response = await fetch(new URL("/counts", this.api.apiUrl));
    const before = this.#cpuMs;
    this.#cpuMs = childrenOf(process.pid).reduce((sum, pid) => sum + cpuMs(pid), 0);
    return Counts.parse({ ...Object(await response.json()), cpuMs: this.#cpuMs - before });
  }

  /** Stops the runtime and keeps the storage. */
  async pause(): Promise<void> {
    await this.#runtime?.stop();
    this.#runtime = null;
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.#folder, { recursive: true });
  }
}
