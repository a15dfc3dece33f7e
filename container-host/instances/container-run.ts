import {
  PROFILES,
  type Profile,
  type InstanceReason,
  type InstanceReasonCode,
} from "../../workers/contract/hosting/host-protocol.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { EngineError, type ContainerState, type Engine } from "../engine/engine.ts";
import type { Owner } from "../engine/labels.ts";
import type { Neighbours } from "../neighbours.ts";
import type { EgressProxy } from "../network/egress-proxy.ts";
import type { Firewall } from "../network/firewall.ts";
import type { WorkspaceNetworks } from "../network/workspace-networks.ts";
import { PackageError, type PackageStore } from "../packages/package-store.ts";
import type { Preflight } from "../preflight.ts";
import {
  checkBridgeHealth,
  closeBridgeConnection,
  openBridgeConnection,
  type BridgeConnection,
} from "./bridge-connection.ts";
import { ensureImage, IMAGE_PROBLEMS } from "./container-image.ts";
import { toContainerName, toContainerSpec, type LaunchPlan } from "./launch-plan.ts";
import { sleepUntil } from "./sleep-until.ts";
import type { StartQueue } from "./start-queue.ts";

/** The container's start, and then the bridge's handshake, which has a limit of 30 s. */
const READY_TIMEOUT_MS = 40_000;
const READY_POLL_MS = 20;
/** One core until the server is ready: a start mostly loads code. */
const STARTING_CPUS = 1;
const ENGINE_RETRY_MS = 500;
const HEALTH_INTERVAL_MS = 5_000;
/** A server without a call can be busy too, so a failed health check is no end; after a minute of silence it is stuck. */
const UNRESPONSIVE_AFTER_MS = 60_000;
/** After the host's restart a server that was ready is so at once; one whose start was cut off is started anew. */
const RESUME_TIMEOUT_MS = 10_000;

/** The parts of the host that a container run uses. */
export interface RunDependencies {
  readonly engine: Engine;
  readonly networks: WorkspaceNetworks;
  readonly proxy: EgressProxy;
  readonly firewall: Firewall;
  readonly preflight: Preflight;
  readonly owner: Owner;
  readonly neighbours: Neighbours;
  readonly startQueue: StartQueue;
  readonly packages: PackageStore;
}

/** A started container and the connection to its bridge. */
export interface ContainerRun {
  containerId: string;
  bridge: BridgeConnection;
}

/** The container to start, and the callbacks of its instance. */
interface StartOptions {
  plan: LaunchPlan;
  /** Container of an earlier run of this instance; null: create one. */
  existingContainerId: string | null;
  /** Called as soon as the container exists. */
  onContainer: (containerId: string) => void;
  onEgress: (bytes: number) => void;
}

/** A run whose server is ready, or the reason why it did not start. */
export type StartResult = { ok: true; run: ContainerRun } | { ok: false; reason: InstanceReason };

/** The end of a run. `stopped`: the signal was aborted. `gone`: the container was removed by hand. */
export type RunEnd =
  | { kind: "stopped" }
  | { kind: "gone" }
  | { kind: "ended"; reason: InstanceReason };

/** Creates the container if needed, starts it and waits until its server is ready. */
export function startRun(
  dependencies: RunDependencies,
  start: StartOptions,
  signal: AbortSignal,
): Promise<StartResult> {
  return catchEngineError(tryStart(dependencies, start, signal));
}

async function catchEngineError(started: Promise<StartResult>): Promise<StartResult> {
  try {
    return await started;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    logFailure("engine_failed", error);
    return failed(
      "engine_error",
      "The Docker engine refused or does not respond: see the engine's log on the host.",
    );
  }
}

async function tryStart(
  dependencies: RunDependencies,
  start: StartOptions,
  signal: AbortSignal,
): Promise<StartResult> {
  const { engine, networks, proxy, firewall, owner, packages } = dependencies;
  const { plan, existingContainerId, onContainer, onEgress } = start;
  const { workspaceId, instanceId, profile } = plan;
  // Concurrently: only the container's start has to wait for the firewall.
  const firewallReady = firewall.ensure();
  const prepared = Promise.allSettled([
    ensureImage(engine, plan, signal),
    networks.attach(workspaceId, instanceId),
    plan.version === null ? null : packages.ensure(plan.packageName, plan.version),
  ]);
  if (!(await firewallReady)) {
    await prepared;
    return failed("firewall_missing", "The firewall rules could not be set: see the host's log.");
  }
  const [image, attached, installed] = await prepared;
  if (image.status === "rejected") throw image.reason;
  if (attached.status === "rejected") throw attached.reason;
  if (image.value !== "present") return failed("image_unavailable", IMAGE_PROBLEMS[image.value]);
  if (installed.status === "rejected") {
    if (!(installed.reason instanceof PackageError)) throw installed.reason;
    return failed("package_unavailable", installed.reason.message);
  }
  const attachment = attached.value;
  if (!attachment)
    return failed("engine_error", "The host's addresses for this workspace are used up.");
  const { egressHosts: hosts, forward } = plan;
  proxy.grant(attachment.address, { instanceId, hosts, forward, onBytes: onEgress });
  const name = toContainerName(owner, instanceId);
  const containerExists =
    existingContainerId !== null && (await engine.inspectContainer(existingContainerId)) !== null;
  // If the engine finished a creation after our timeout, an unknown container has this name.
  if (!containerExists) await engine.removeContainer(name);
  const containerId = containerExists
    ? existingContainerId
    : await engine.createContainer(name, toContainerSpec(plan, attachment, installed.value));
  onContainer(containerId);
  if (containerExists) await engine.setCpus(containerId, STARTING_CPUS);
  await engine.startContainer(containerId, plan.handover);
  const run = { containerId, bridge: openBridgeConnection(attachment.address, plan.secret) };
  return finishStart(engine, { run, profile, timeoutMs: READY_TIMEOUT_MS }, signal);
}

/** Takes over a container that runs since before the host's restart; its start can be unfinished. */
export function resumeRun(
  { engine }: RunDependencies,
  run: ContainerRun,
  profile: Profile,
  signal: AbortSignal,
): Promise<StartResult> {
  return catchEngineError(
    finishStart(engine, { run, profile, timeoutMs: RESUME_TIMEOUT_MS }, signal),
  );
}

/** Waits for the server, then reduces the container from one core to its profile's share. */
async function finishStart(
  engine: Engine,
  { run, profile, timeoutMs }: { run: ContainerRun; profile: Profile; timeoutMs: number },
  signal: AbortSignal,
): Promise<StartResult> {
  const reason = await waitUntilReady(engine, run, timeoutMs, signal);
  if (reason) return { ok: false, reason };
  await engine.setCpus(run.containerId, PROFILES[profile].cpus);
  return { ok: true, run };
}

/** Null: the server is ready, or the signal was aborted. Kills a container that is not ready in time. */
async function waitUntilReady(
  engine: Engine,
  run: ContainerRun,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<InstanceReason | null> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal, AbortSignal.timeout(timeoutMs)]);
  const ended = engine.waitForExit(run.containerId, stop).then(() => "ended" as const);
  const ready = pollUntilReady(run, stop).then(() => "ready" as const);
  const winner = await Promise.race([ready, ended]);
  const isReady = winner === "ready" && !stop.aborted;
  done.abort();
  if (isReady || signal.aborted) return null;
  const state = await engine.inspectContainer(run.containerId);
  if (state && !state.isRunning) return toReason("start_failed", state);
  await engine.killContainer(run.containerId);
  return reason(
    "start_timeout",
    `The server was not ready within ${timeoutMs / 1000} s: see its log.`,
  );
}

async function pollUntilReady(run: ContainerRun, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !(await checkBridgeHealth(run.bridge, stop))) {
    await sleepUntil(READY_POLL_MS, stop);
  }
}

/** Watches a running container until it ends, is stuck or the signal is aborted; reports each health check. */
export async function watchRun(
  dependencies: RunDependencies,
  run: ContainerRun,
  onHealth: (isHealthy: boolean) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const end = await Promise.race([
    watchExit(dependencies.engine, run.containerId, stop),
    watchHealth(run, onHealth, stop),
  ]);
  done.abort();
  closeBridgeConnection(run.bridge);
  if (end.kind === "ended" && end.reason.code === "unresponsive") {
    await dependencies.engine
      .killContainer(run.containerId)
      .catch((error: unknown) => logFailure("kill_failed", error));
  }
  return end;
}

/** A stopped engine does not end a run: with --live-restore its containers keep running. */
async function watchExit(engine: Engine, containerId: string, stop: AbortSignal): Promise<RunEnd> {
  for (;;) {
    await engine.waitForExit(containerId, stop);
    if (stop.aborted) return { kind: "stopped" };
    const state = await engine.inspectContainer(containerId).catch((error: unknown) => {
      // An EngineError: the engine is down.
      if (!(error instanceof EngineError)) logFailure("container_not_inspected", error);
      return "unknown" as const;
    });
    if (state === null) return { kind: "gone" };
    if (state !== "unknown" && !state.isRunning) {
      return { kind: "ended", reason: toReason("crash_loop", state) };
    }
    await sleepUntil(ENGINE_RETRY_MS, stop);
  }
}

async function watchHealth(
  run: ContainerRun,
  onHealth: (isHealthy: boolean) => void,
  stop: AbortSignal,
): Promise<RunEnd> {
  let healthyAt = performance.now();
  for (;;) {
    await sleepUntil(HEALTH_INTERVAL_MS, stop);
    const isHealthy = !stop.aborted && (await checkBridgeHealth(run.bridge, stop));
    if (stop.aborted) return { kind: "stopped" };
    onHealth(isHealthy);
    if (isHealthy) healthyAt = performance.now();
    if (performance.now() - healthyAt > UNRESPONSIVE_AFTER_MS) {
      const message = `The server did not respond for ${UNRESPONSIVE_AFTER_MS / 1000} s: see its log.`;
      return { kind: "ended", reason: reason("unresponsive", message) };
    }
  }
}

/** Meanings of the bridge's exit codes (bridge/README.md). */
const EXIT_MEANINGS: Record<number, string> = {
  2: "its configuration or variables are invalid",
  3: "its command could not be started",
  4: "the server ended before it was ready",
  5: "the server ended",
  6: "the server's handshake took too long",
};

function toReason(code: InstanceReasonCode, state: ContainerState): InstanceReason {
  if (state.wasOutOfMemory) {
    return reason(
      "out_of_memory",
      "The server reached its memory limit and was killed: choose a larger profile.",
    );
  }
  const meaning = EXIT_MEANINGS[state.exitCode];
  const detail = `exit code ${state.exitCode}${meaning ? `: ${meaning}` : ""}`;
  return reason(code, `The container ended (${detail}): its last lines are in the log.`);
}

const reason = (code: InstanceReasonCode, message: string): InstanceReason => ({ code, message });
const failed = (code: InstanceReasonCode, message: string): StartResult => ({
  ok: false,
  reason: reason(code, message),
});
