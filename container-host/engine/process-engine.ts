import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, on, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import { PROCESS_ENGINE } from "../../workers/contract/hosting/hosts.ts";
import {
  EngineError,
  type ContainerState,
  type Engine,
  type LogQuery,
  type ManagedContainer,
  type ManagedNetwork,
  type NetworkPlan,
  type RunSpec,
} from "./engine.ts";

const ROOT = join(import.meta.dirname, "../..");
const BRIDGE = join(ROOT, "bridge/main.ts");
const MAX_LINES = 1_000;

interface Managed {
  spec: RunSpec;
  process: ChildProcess | null;
  lines: LogLine[];
  /** Emits `line` with a `LogLine`, and `end` when a run ends. */
  events: EventEmitter;
}

/**
 * For development where there is no container engine: bridges as plain processes of this machine, each on its own
 * loopback address. Nothing confines them, and nothing of them outlives the host.
 */
export class ProcessEngine implements Engine {
  readonly #managed = new Map<string, Managed>();
  readonly #networks = new Map<string, NetworkPlan>();

  version(): Promise<string> {
    return Promise.resolve(PROCESS_ENGINE);
  }

  hasImage(): Promise<boolean> {
    return Promise.resolve(true);
  }

  pullImage(): Promise<void> {
    return Promise.resolve();
  }

  createContainer(name: string, spec: RunSpec): Promise<string> {
    const events = new EventEmitter().setMaxListeners(0);
    this.#managed.set(name, { spec, process: null, lines: [], events });
    return Promise.resolve(name);
  }

  startContainer(name: string, line: string): Promise<void> {
    const managed = this.#find(name);
    const { spec, events } = managed;
    const { PATH = "" } = process.env;
    // Without a network of their own they need no proxy to leave it.
    const {
      HTTPS_PROXY: _,
      HTTP_PROXY: _http,
      NODE_USE_ENV_PROXY: _use,
      ...own
    } = spec.environment;
    const child = spawn(process.execPath, [BRIDGE], {
      cwd: ROOT,
      env: { PATH, ...own, HOST: spec.address },
      stdio: ["pipe", "pipe", "pipe"],
    });
    managed.process = child;
    for (const stream of ["stdout", "stderr"] as const) {
      createInterface({ input: child[stream] }).on("line", (text) => {
        const entry = { at: nextInstant(managed.lines.at(-1)?.at), stream, text };
        managed.lines = [...managed.lines.slice(1 - MAX_LINES), entry];
        events.emit("line", entry);
      });
    }
    child.once("close", () => events.emit("end"));
    // A bridge that ends before it reads its line says why in its exit code.
    child.stdin.once("error", () => undefined).end(`${line}\n`);
    return Promise.resolve();
  }

  setCpus(): Promise<void> {
    return Promise.resolve();
  }

  inspectContainer(name: string): Promise<ContainerState | null> {
    const managed = this.#managed.get(name);
    if (!managed) return Promise.resolve(null);
    const exitCode = managed.process?.exitCode ?? (managed.process?.signalCode ? 137 : 0);
    return Promise.resolve({ isRunning: isRunning(managed), exitCode, wasOutOfMemory: false });
  }

  async waitForExit(name: string, signal: AbortSignal): Promise<void> {
    const managed = this.#managed.get(name);
    if (!managed || !isRunning(managed)) return;
    await once(managed.events, "end", { signal }).catch(() => undefined);
  }

  async killContainer(name: string): Promise<void> {
    const managed = this.#managed.get(name);
    if (!managed || !isRunning(managed)) return;
    const ended = once(managed.events, "end");
    managed.process?.kill("SIGKILL");
    await ended;
  }

  async removeContainer(name: string): Promise<void> {
    await this.killContainer(name);
    this.#managed.delete(name);
  }

  listContainers(): Promise<ManagedContainer[]> {
    const all = [...this.#managed].map(([containerId, managed]) => ({
      containerId,
      labels: managed.spec.labels,
      isRunning: isRunning(managed),
      address: managed.spec.address,
    }));
    return Promise.resolve(all);
  }

  async *readLog(name: string, { tail, follow, since, signal }: LogQuery): AsyncIterable<LogLine> {
    const managed = this.#find(name);
    const kept = managed.lines.filter(({ at }) => since === null || at >= since);
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const coming = on(managed.events, "line", { signal: stop, close: ["end"] });
    yield* tail === 0 ? [] : kept.slice(-tail);
    if (!follow || !isRunning(managed)) return ended.abort();
    try {
      // What `line` is emitted with stands above.
      for await (const [line] of coming) yield line as LogLine;
    } catch {
      // The reader has gone.
    }
  }

  listNetworks(): Promise<ManagedNetwork[]> {
    return Promise.resolve([...this.#networks.values()]);
  }

  createNetwork(plan: NetworkPlan): Promise<void> {
    this.#networks.set(plan.name, plan);
    return Promise.resolve();
  }

  removeNetwork(name: string): Promise<void> {
    this.#networks.delete(name);
    return Promise.resolve();
  }

  #find(name: string): Managed {
    const managed = this.#managed.get(name);
    if (!managed) throw new EngineError(`there is no process ${name}`);
    return managed;
  }
}

function isRunning({ process: child }: Managed): boolean {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

/** Lines are told apart by their instants, so no two have the same. */
function nextInstant(last = ""): string {
  const milliseconds = new Date().toISOString().slice(0, -1);
  const next = Number(last.slice(-7, -1)) + 1;
  const count = last.startsWith(milliseconds) ? next : 0;
  return `${milliseconds}${String(count).padStart(6, "0")}Z`;
}
