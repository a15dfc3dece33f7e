import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, on, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import { PROCESS_ENGINE } from "../../workers/contract/hosting/hosts.ts";
import {
  EngineError,
  type CheckSpec,
  type ContainerState,
  type Engine,
  type ImageStatus,
  type LogQuery,
  type ManagedContainer,
  type ManagedNetwork,
  type NetworkPlan,
  type ContainerSpec,
} from "./engine.ts";

const REPOSITORY_ROOT = join(import.meta.dirname, "../..");
const BRIDGE_PROGRAM = join(REPOSITORY_ROOT, "bridge/main.ts");
const CHECK_PROGRAM = join(REPOSITORY_ROOT, "container-host/checks/program.ts");
const PRELOAD = new URL("../end-with-parent.ts", import.meta.url).href;
/** Log lines that are kept of one process. */
const MAX_LINES = 1_000;

interface ManagedProcess {
  spec: ContainerSpec;
  process: ChildProcess | null;
  lines: LogLine[];
  /** Emits `line` with a `LogLine`, and `end` when the process ends. */
  events: EventEmitter;
}

/**
 * For development without a container engine: runs each bridge as a plain process on its own loopback address.
 * The processes are not confined, and they end with the host.
 */
export class ProcessEngine implements Engine {
  readonly isSandbox = false;
  readonly #managed = new Map<string, ManagedProcess>();
  readonly #networks = new Map<string, NetworkPlan>();

  version(): Promise<string> {
    return Promise.resolve(PROCESS_ENGINE);
  }

  readFacts(): Promise<null> {
    return Promise.resolve(null);
  }

  findImage(): Promise<ImageStatus> {
    return Promise.resolve("present");
  }

  pullImage(): Promise<void> {
    return Promise.resolve();
  }

  createContainer(name: string, spec: ContainerSpec): Promise<string> {
    const events = new EventEmitter().setMaxListeners(0);
    this.#managed.set(name, { spec, process: null, lines: [], events });
    return Promise.resolve(name);
  }

  startContainer(name: string, stdinLine: string): Promise<void> {
    const managed = this.#find(name);
    const { spec, events } = managed;
    const { PATH = "" } = process.env;
    // The processes use the machine's network directly, so they need no egress proxy.
    const {
      HTTPS_PROXY: _,
      HTTP_PROXY: _http,
      NODE_USE_ENV_PROXY: _use,
      ...environment
    } = spec.environment;
    const child = spawn(process.execPath, ["--import", PRELOAD, BRIDGE_PROGRAM], {
      cwd: spec.packages ?? REPOSITORY_ROOT,
      env: { PATH, ...environment, HOST: spec.address },
      // A fourth pipe, by which it notices the end of this process.
      stdio: ["pipe", "pipe", "pipe", "pipe"],
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
    // A write error means that the bridge ended before it read the line; its exit code gives the reason.
    child.stdin.once("error", () => undefined).end(`${stdinLine}\n`);
    return Promise.resolve();
  }

  async runCheck(
    _name: string,
    _spec: CheckSpec,
    stdinLine: string,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, [CHECK_PROGRAM, join(REPOSITORY_ROOT, "node_modules")], {
      env: { PATH },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const stop = () => child.kill("SIGKILL");
    signal.addEventListener("abort", stop, { once: true });
    child.stdin.once("error", () => undefined).end(`${stdinLine}\n`);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);
    signal.removeEventListener("abort", stop);
    return lines;
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
    // Rejects at the signal only.
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
      name: containerId,
      labels: managed.spec.labels,
      isRunning: isRunning(managed),
      network: managed.spec.network,
      address: managed.spec.address,
    }));
    return Promise.resolve(all);
  }

  async *readLog(name: string, { tail, follow, since, signal }: LogQuery): AsyncIterable<LogLine> {
    const managed = this.#find(name);
    const stored = managed.lines.filter(({ at }) => since === null || at >= since);
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const newLines = on(managed.events, "line", { signal: stop, close: ["end"] });
    yield* tail === 0 ? [] : stored.slice(-tail);
    if (!follow || !isRunning(managed)) return ended.abort();
    try {
      // `startContainer` emits `line` with a `LogLine`.
      for await (const [line] of newLines) yield line as LogLine;
    } catch {
      // `on` throws at the signal only: the reader has disconnected.
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

  #find(name: string): ManagedProcess {
    const managed = this.#managed.get(name);
    if (!managed) throw new EngineError(`process ${name} does not exist`);
    return managed;
  }
}

function isRunning({ process: child }: ManagedProcess): boolean {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

/** The current time with a counter in place of nanoseconds: readers distinguish lines by their time. */
function nextInstant(last = ""): string {
  const milliseconds = new Date().toISOString().slice(0, -1);
  const next = Number(last.slice(-7, -1)) + 1;
  const count = last.startsWith(milliseconds) ? next : 0;
  return `${milliseconds}${String(count).padStart(6, "0")}Z`;
}
