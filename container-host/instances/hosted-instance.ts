import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  Instance,
  InstanceHealth,
  InstanceReason,
  InstanceState,
  InstanceUsage,
  LogLine,
} from "../../workers/contract/hosting/host-protocol.ts";
import type { LogQuery } from "../engine/engine.ts";
import { logEvent } from "../log.ts";
import type { Bridge } from "./bridge-connection.ts";
import {
  resumeRun,
  startRun,
  watchRun,
  type Run,
  type RunEnd,
  type Runner,
} from "./container-run.ts";
import type { Launch, LaunchFacts } from "./launch-plan.ts";
import { decideRetry } from "./restart-backoff.ts";

const ENGINE_RETRY_MS = 2_000;

/** One hosted server: keeps its container running from deployment to termination, or says why it cannot. */
export class HostedInstance {
  readonly facts: LaunchFacts;
  readonly usage: InstanceUsage;
  readonly #runner: Runner;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  readonly #stop = new AbortController();
  /** Null: the variables were forgotten with an earlier run of the host. */
  #launch: Launch | null = null;
  #containerId: string | null = null;
  #run: Run | null = null;
  #supervision: Promise<void> = Promise.resolve();
  #state: InstanceState = "pending";
  #reason: InstanceReason | null = null;
  #health: InstanceHealth = "unknown";
  #runningAt: number | null = null;
  #restarts = 0;
  /** Of the run that ended last; 0: it never was ready. */
  #ranForMs = 0;
  /** `performance.now()` up to which running time is counted; null: not running. */
  #countedTo: number | null = null;

  constructor(runner: Runner, facts: LaunchFacts, usage: InstanceUsage) {
    this.#runner = runner;
    this.facts = facts;
    this.usage = usage;
  }

  /** Starts a new deployment. */
  start(launch: Launch): void {
    this.#launch = launch;
    this.#supervise(null);
  }

  /** Takes over a container of an earlier run of the host: running, or to be started again if its launch is known. */
  adopt(containerId: string, run: Run | null, launch: Launch | null): void {
    this.#containerId = containerId;
    this.#launch = launch;
    if (run || launch) this.#supervise(run);
    else this.#waitForVariables();
  }

  /** Gives an adopted instance back what it was deployed with; the running container is left alone. */
  remember(launch: Launch): void {
    this.#launch = launch;
  }

  get isIdle(): boolean {
    return this.#state === "failed" || this.#state === "pending";
  }

  /** The bridge of a running instance. */
  get bridge(): Bridge | null {
    return this.#state === "running" ? (this.#run?.bridge ?? null) : null;
  }

  describe(): Instance {
    this.countRunningTime();
    const { instanceId, workspaceId, catalogueId, profile } = this.facts;
    return {
      id: instanceId,
      workspaceId,
      catalogueId,
      profile,
      state: this.#state,
      reason: this.#reason,
      health: this.#health,
      runningAt: this.#runningAt,
      restarts: this.#restarts,
      usage: { ...this.usage },
    };
  }

  /** Brings `usage.runningSeconds` up to now. */
  countRunningTime(): void {
    if (this.#countedTo === null) return;
    const now = performance.now();
    this.usage.runningSeconds += (now - this.#countedTo) / 1000;
    this.#countedTo = now;
  }

  /** Calls back after each change of what `describe` says, until the signal. */
  onChange(callback: () => void, signal: AbortSignal): void {
    this.#changes.on("change", callback);
    signal.addEventListener("abort", () => this.#changes.off("change", callback), { once: true });
  }

  /** Resolves at the next change, or at the signal. */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.#changes, "change", { signal }).catch(() => undefined);
  }

  /** Resolves when it is running, failed or waiting for somebody, or at the signal. */
  async settled(signal: AbortSignal): Promise<void> {
    while (this.#state === "starting" && !signal.aborted) await this.changed(signal);
  }

  /** Aborted when this deployment ends, whether another one follows or not. */
  get terminated(): AbortSignal {
    return this.#stop.signal;
  }

  /** Lines of the container's log; none where there is no container yet. */
  readLog(query: LogQuery): AsyncIterable<LogLine> | null {
    return this.#containerId === null
      ? null
      : this.#runner.engine.readLog(this.#containerId, query);
  }

  /** Ends supervision and removes the container; rejects with `EngineError`, and may be asked again. The place in the network is the caller's to give back. */
  async terminate(): Promise<void> {
    await this.release();
    this.#run = null;
    this.#health = "unknown";
    // Until the container is gone nobody may think that it serves.
    this.#become("failed", TERMINATING);
    if (this.#containerId !== null) await this.#runner.engine.removeContainer(this.#containerId);
    this.#containerId = null;
  }

  /** Ends supervision and leaves the container as it is, for the next run of the host. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#supervision;
    this.countRunningTime();
  }

  #supervise(run: Run | null): void {
    this.#become("starting", null);
    this.#supervision = this.#keepRunning(run, this.#stop.signal).catch((error: unknown) => {
      logEvent({
        event: "supervision_failed",
        instance: this.facts.instanceId,
        error: nameOf(error),
      });
      this.#become("failed", { code: "engine_error", message: "The host failed: see its log." });
    });
  }

  async #keepRunning(adopted: Run | null, signal: AbortSignal): Promise<void> {
    let run = adopted;
    let failures = 0;
    let hasRun = adopted !== null || this.#containerId !== null;
    for (;;) {
      this.#ranForMs = 0;
      const end = run
        ? await this.#resumeAndWatch(run, signal)
        : await this.#startAndWatch(hasRun, signal);
      if (end.kind === "stopped" || this.#isStopped()) return;
      run = null;
      if (end.kind === "gone") {
        this.#containerId = null;
        this.#become("starting", null);
        continue;
      }
      hasRun ||= this.#runningAt !== null;
      const { reason } = end;
      if (!this.#launch) return this.#waitForVariables();
      if (!hasRun) return this.#become("failed", reason);
      if (reason.code === "engine_error") {
        this.#become("starting", reason);
        await sleep(ENGINE_RETRY_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const retry = decideRetry(failures, this.#ranForMs);
      if (retry.kind === "give_up") return this.#become("failed", reason);
      failures = retry.failures;
      this.#restarts += 1;
      this.#become("starting", reason);
      await sleep(retry.delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #startAndWatch(hasRun: boolean, signal: AbortSignal): Promise<RunEnd> {
    if (!this.#launch) return { kind: "ended", reason: VARIABLES_NEEDED };
    if (!hasRun) this.#become("starting", null);
    const start = {
      launch: this.#launch,
      known: this.#containerId,
      onContainer: (containerId: string) => {
        this.#containerId = containerId;
        this.#changes.emit("change");
      },
      onEgress: (bytes: number) => {
        this.usage.egressBytes += bytes;
      },
    };
    const started = await startRun(this.#runner, start, signal);
    if (this.#isStopped()) return { kind: "stopped" };
    if (!started.ok) return { kind: "ended", reason: started.reason };
    return this.#watch(started.run, signal);
  }

  async #resumeAndWatch(run: Run, signal: AbortSignal): Promise<RunEnd> {
    const resumed = await resumeRun(this.#runner, run, this.facts.profile, signal);
    if (this.#isStopped()) return { kind: "stopped" };
    if (!resumed.ok) return { kind: "ended", reason: resumed.reason };
    return this.#watch(run, signal);
  }

  async #watch(run: Run, signal: AbortSignal): Promise<RunEnd> {
    this.#run = run;
    this.#runningAt = Date.now();
    const readyAt = performance.now();
    this.#countedTo = readyAt;
    this.#health = "healthy";
    this.#become("running", null);
    const onHealth = (isHealthy: boolean) => {
      const health = isHealthy ? "healthy" : "unhealthy";
      if (health === this.#health) return;
      this.#health = health;
      this.#changes.emit("change");
    };
    const end = await watchRun(this.#runner, run, onHealth, signal);
    this.countRunningTime();
    this.#countedTo = null;
    this.#ranForMs = performance.now() - readyAt;
    this.#run = null;
    this.#health = "unknown";
    return end;
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #waitForVariables(): void {
    this.#become("pending", VARIABLES_NEEDED);
  }

  #become(state: InstanceState, reason: InstanceReason | null): void {
    this.#state = state;
    this.#reason = reason;
    const { instanceId } = this.facts;
    logEvent({
      event: "instance_state",
      instance: instanceId,
      state,
      reason: reason?.code ?? null,
    });
    this.#changes.emit("change");
  }
}

const VARIABLES_NEEDED: InstanceReason = {
  code: "variables_needed",
  message: "The host was restarted and keeps no variables: deploy again with them.",
};

const TERMINATING: InstanceReason = {
  code: "engine_error",
  message: "It is being terminated; if it stays so, the Docker engine does not answer: ask again.",
};

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "unknown");
