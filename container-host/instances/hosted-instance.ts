import { EventEmitter, once } from "node:events";
import type {
  Instance,
  InstanceHealth,
  InstanceReason,
  InstanceState,
  InstanceUsage,
  LogLine,
} from "../../workers/contract/hosting/host-protocol.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { LogQuery } from "../engine/engine.ts";
import type { BridgeConnection } from "./bridge-connection.ts";
import {
  resumeRun,
  startRun,
  watchRun,
  type ContainerRun,
  type RunEnd,
  type RunDependencies,
} from "./container-run.ts";
import type { InstanceLog } from "./instance-log.ts";
import type { InstanceMetadata } from "./instance-metadata.ts";
import { QUEUED, TERMINATING, VARIABLES_NEEDED } from "./instance-reasons.ts";
import type { LaunchPlan } from "./launch-plan.ts";
import { decideRestart } from "./restart-backoff.ts";
import { sleepUntil } from "./sleep-until.ts";

/** Pause before the next start after the engine failed. */
const ENGINE_RETRY_MS = 2_000;

/** One hosted server: keeps its container running from deployment to termination, or fails with a reason. */
export class HostedInstance {
  readonly metadata: InstanceMetadata;
  readonly usage: InstanceUsage;
  readonly log: InstanceLog;
  readonly #dependencies: RunDependencies;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  readonly #stop = new AbortController();
  /** Null: the host was restarted and does not know the variables. */
  #plan: LaunchPlan | null = null;
  #containerId: string | null = null;
  #run: ContainerRun | null = null;
  #supervision: Promise<void> = Promise.resolve();
  #state: InstanceState = "pending";
  #reason: InstanceReason | null = null;
  #health: InstanceHealth = "unknown";
  #runningAt: number | null = null;
  #restarts = 0;
  /** Of the last run; 0: it was never ready. */
  #readyForMs = 0;
  /** `performance.now()` until which `usage.runningSeconds` is complete; null: not running. */
  #countedUntil: number | null = null;

  constructor(
    dependencies: RunDependencies,
    metadata: InstanceMetadata,
    { usage, log }: { usage: InstanceUsage; log: InstanceLog },
  ) {
    this.#dependencies = dependencies;
    this.metadata = metadata;
    this.usage = usage;
    this.log = log;
  }

  /** Starts a new deployment. */
  start(plan: LaunchPlan): void {
    this.#plan = plan;
    this.#supervise(null);
  }

  /** Takes over a container from before the host's restart. A stopped one is started if its plan is known. */
  adopt(containerId: string, run: ContainerRun | null, plan: LaunchPlan | null): void {
    this.#containerId = containerId;
    this.#plan = plan;
    if (run || plan) this.#supervise(run);
    else this.#waitForVariables();
  }

  /** Sets the plan of an adopted instance; its running container is not touched. */
  setPlan(plan: LaunchPlan): void {
    this.#plan = plan;
  }

  /** Whether nothing runs or starts. */
  get isIdle(): boolean {
    return this.#state === "failed" || this.#state === "pending";
  }

  /** Whether it waits until other servers have started. */
  get isQueued(): boolean {
    return this.#reason?.code === QUEUED.code;
  }

  /** The bridge of a running instance; null: not running. */
  get bridge(): BridgeConnection | null {
    return this.#state === "running" ? (this.#run?.bridge ?? null) : null;
  }

  /** The instance as the API returns it. */
  describe(): Instance {
    this.countRunningTime();
    const { instanceId, workspaceId, catalogueId, profile, trialUntil } = this.metadata;
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
      ...(trialUntil === null ? {} : { trialUntil }),
    };
  }

  /** Adds the running time until now to `usage.runningSeconds`. */
  countRunningTime(): void {
    if (this.#countedUntil === null) return;
    const now = performance.now();
    this.usage.runningSeconds += (now - this.#countedUntil) / 1000;
    this.#countedUntil = now;
  }

  /** Calls back after each change of `describe()`, until the signal. */
  onChange(callback: () => void, signal: AbortSignal): void {
    this.#changes.on("change", callback);
    signal.addEventListener("abort", () => this.#changes.off("change", callback), { once: true });
  }

  /** Resolves at the next change, or at the signal. */
  async waitForChange(signal: AbortSignal): Promise<void> {
    // Rejects at the signal only.
    await once(this.#changes, "change", { signal }).catch(() => undefined);
  }

  /** Resolves when the instance no longer starts (running, failed or pending), or at the signal. */
  async waitUntilSettled(signal: AbortSignal): Promise<void> {
    while (this.#state === "starting" && !signal.aborted) await this.waitForChange(signal);
  }

  /** Aborted when this deployment ends, even if a new one follows. */
  get terminationSignal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Lines of the log, over all containers of the instance. */
  readLog(query: LogQuery): AsyncIterable<LogLine> {
    return this.log.read(this.#containerId, query);
  }

  /** Keeps the last lines of the container, which is removed next. */
  async keepLog(): Promise<void> {
    if (this.#containerId !== null) await this.log.keepContainer(this.#containerId);
  }

  /**
   * Ends supervision and removes the container. Rejects with `EngineError`; calling it again is safe. The caller
   * detaches the instance from its network.
   */
  async terminate(): Promise<void> {
    await this.detach();
    this.#run = null;
    this.#health = "unknown";
    // Until the container is removed the instance must not look like a running one.
    this.#setState("failed", TERMINATING);
    if (this.#containerId !== null)
      await this.#dependencies.engine.removeContainer(this.#containerId);
    this.#containerId = null;
  }

  /** Ends supervision and leaves the container running, for the host's next process. */
  async detach(): Promise<void> {
    this.#stop.abort();
    await this.#supervision;
    this.countRunningTime();
  }

  #supervise(run: ContainerRun | null): void {
    this.#setState("starting", null);
    this.#supervision = this.#keepRunning(run, this.#stop.signal).catch((error: unknown) => {
      logFailure("supervision_failed", error, { instance: this.metadata.instanceId });
      this.#setState("failed", { code: "engine_error", message: "The host failed: see its log." });
    });
  }

  /** Starts and watches the container until termination, or until it fails for good. */
  async #keepRunning(adopted: ContainerRun | null, signal: AbortSignal): Promise<void> {
    let run = adopted;
    let failures = 0;
    let hasRun = adopted !== null || this.#containerId !== null;
    for (;;) {
      this.#readyForMs = 0;
      const end = run
        ? await this.#resumeAndWatch(run, signal)
        : await this.#startAndWatch(hasRun, signal);
      if (end.kind === "stopped" || this.#isStopped()) return;
      run = null;
      if (end.kind === "gone") {
        this.#containerId = null;
        this.#setState("starting", null);
        continue;
      }
      hasRun ||= this.#runningAt !== null;
      const { reason } = end;
      if (!this.#plan) return this.#waitForVariables();
      if (!hasRun) return this.#setState("failed", reason);
      if (reason.code === "engine_error") {
        this.#setState("starting", reason);
        await sleepUntil(ENGINE_RETRY_MS, signal);
        continue;
      }
      const decision = decideRestart(failures, this.#readyForMs);
      if (decision.kind === "give_up") return this.#setState("failed", reason);
      failures = decision.failures;
      this.#restarts += 1;
      this.#setState("starting", reason);
      await sleepUntil(decision.delayMs, signal);
    }
  }

  async #startAndWatch(hasRun: boolean, signal: AbortSignal): Promise<RunEnd> {
    if (!this.#plan) return { kind: "ended", reason: VARIABLES_NEEDED };
    if (!hasRun) this.#setState("starting", null);
    const start = {
      plan: this.#plan,
      existingContainerId: this.#containerId,
      onContainer: (containerId: string) => {
        this.#containerId = containerId;
        if (hasRun || !this.log.isEmpty) void this.log.markRestart();
        this.#changes.emit("change");
      },
      onEgress: (bytes: number) => {
        this.usage.egressBytes += bytes;
      },
    };
    const { startQueue } = this.#dependencies;
    const lastReason = this.#reason;
    const onWait = () => this.#setState("starting", QUEUED);
    const startAtTurn = () => {
      if (this.isQueued) this.#setState("starting", lastReason);
      return startRun(this.#dependencies, start, signal);
    };
    const result = await startQueue.run(startAtTurn, onWait, signal);
    if (result === null || this.#isStopped()) return { kind: "stopped" };
    if (!result.ok) return { kind: "ended", reason: result.reason };
    return this.#watch(result.run, signal);
  }

  async #resumeAndWatch(run: ContainerRun, signal: AbortSignal): Promise<RunEnd> {
    const result = await resumeRun(this.#dependencies, run, this.metadata.profile, signal);
    if (this.#isStopped()) return { kind: "stopped" };
    if (!result.ok) return { kind: "ended", reason: result.reason };
    return this.#watch(run, signal);
  }

  async #watch(run: ContainerRun, signal: AbortSignal): Promise<RunEnd> {
    this.#run = run;
    this.#runningAt = Date.now();
    const readyAt = performance.now();
    this.#countedUntil = readyAt;
    this.#health = "healthy";
    this.#setState("running", null);
    const onHealth = (isHealthy: boolean) => {
      const health = isHealthy ? "healthy" : "unhealthy";
      if (health === this.#health) return;
      this.#health = health;
      this.#changes.emit("change");
    };
    const end = await watchRun(this.#dependencies, run, onHealth, signal);
    this.countRunningTime();
    this.#countedUntil = null;
    this.#readyForMs = performance.now() - readyAt;
    this.#run = null;
    this.#health = "unknown";
    return end;
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #waitForVariables(): void {
    this.#setState("pending", VARIABLES_NEEDED);
  }

  #setState(state: InstanceState, reason: InstanceReason | null): void {
    this.#state = state;
    this.#reason = reason;
    const { instanceId } = this.metadata;
    logEvent({
      event: "instance_state",
      instance: instanceId,
      state,
      reason: reason?.code ?? null,
    });
    this.#changes.emit("change");
  }
}
