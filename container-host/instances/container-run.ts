import { setTimeout as sleep } from "node:timers/promises";
import {
  PROFILES,
  type Profile,
  type InstanceReason,
  type InstanceReasonCode,
} from "../../workers/contract/hosting/host-protocol.ts";
import { EngineError, type ContainerState, type Engine } from "../engine/engine.ts";
import { logEvent } from "../log.ts";
import type { EgressProxy } from "../network/egress-proxy.ts";
import type { Firewall } from "../network/firewall.ts";
import type { Networks } from "../network/workspace-networks.ts";
import { askHealth, closeBridge, openBridge, type Bridge } from "./bridge-connection.ts";
import { containerName, toRunSpec, type Launch } from "./launch-plan.ts";

/** The bridge's own limit on a handshake is 30 s; the container's start comes before. */
const READY_TIMEOUT_MS = 40_000;
/** A server that was ready before has only to answer. */
const RESUME_TIMEOUT_MS = 5_000;
const READY_POLL_MS = 20;
/** A whole core until the server is ready: most of a start is loading code. */
const STARTING_CPUS = 1;
const ENGINE_RETRY_MS = 500;
const HEALTH_INTERVAL_MS = 5_000;
/** A server may be busy with one call for long; past this it is stuck. */
const UNRESPONSIVE_AFTER_MS = 60_000;

export interface Runner {
  readonly engine: Engine;
  readonly networks: Networks;
  readonly proxy: EgressProxy;
  readonly firewall: Firewall;
  readonly hostId: string;
}

/** A container and how its bridge is asked. */
export interface Run {
  containerId: string;
  bridge: Bridge;
}

/** What is to be started, and who is told of what comes of it. */
interface Start {
  launch: Launch;
  /** The container that it may have already. */
  known: string | null;
  onContainer: (containerId: string) => void;
  onEgress: (bytes: number) => void;
}

export type Started = { ok: true; run: Run } | { ok: false; reason: InstanceReason };

/** How a run ended. `gone`: somebody removed the container. */
export type RunEnd =
  | { kind: "stopped" }
  | { kind: "gone" }
  | { kind: "ended"; reason: InstanceReason };

/** Makes the container where there is none, starts it and waits until its server is ready. */
export function startRun(runner: Runner, start: Start, signal: AbortSignal): Promise<Started> {
  return orEngineError(tryStart(runner, start, signal));
}

async function orEngineError(started: Promise<Started>): Promise<Started> {
  try {
    return await started;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return failed(
      "engine_error",
      "The Docker engine refused or does not answer: see the engine's own log on the host.",
    );
  }
}

async function tryStart(runner: Runner, start: Start, signal: AbortSignal): Promise<Started> {
  const { engine, networks, proxy, firewall, hostId } = runner;
  const { launch, known, onContainer, onEgress } = start;
  const { workspaceId, instanceId, profile } = launch;
  // Side by side: only a start must wait for the rules.
  const rules = firewall.ensure();
  const prepared = Promise.allSettled([
    ensureImage(engine, launch, signal),
    networks.join(workspaceId, instanceId),
  ]);
  if (!(await rules)) {
    await prepared;
    return failed("firewall_missing", "The firewall rules could not be set: see the host's log.");
  }
  const [hasImage, joined] = await prepared;
  if (hasImage.status === "rejected") throw hasImage.reason;
  if (joined.status === "rejected") throw joined.reason;
  if (!hasImage.value) {
    return failed(
      "image_unavailable",
      "The image is not on the host, or the one pulled is another than allowed: check MCPNEST_HOST_IMAGES.",
    );
  }
  const place = joined.value;
  if (!place) return failed("engine_error", "The host's addresses for this workspace are used up.");
  const { egressHosts: hosts, forward } = launch;
  proxy.grant(place.address, { instanceId, hosts, forward, onBytes: onEgress });
  const name = containerName(hostId, instanceId);
  const isThere = known !== null && (await engine.inspectContainer(known)) !== null;
  // A creation that the engine finished after it had stopped answering leaves one that nobody knows.
  if (!isThere) await engine.removeContainer(name);
  const containerId = isThere
    ? known
    : await engine.createContainer(name, toRunSpec(launch, place));
  onContainer(containerId);
  if (isThere) await engine.setCpus(containerId, STARTING_CPUS);
  await engine.startContainer(containerId, launch.handover);
  const run = { containerId, bridge: openBridge(place.address, launch.secret) };
  return untilReady(engine, { run, profile, timeoutMs: READY_TIMEOUT_MS }, signal);
}

/** Takes over a container that an earlier run of the host left running, perhaps in the middle of its start. */
export function resumeRun(
  { engine }: Runner,
  run: Run,
  profile: Profile,
  signal: AbortSignal,
): Promise<Started> {
  return orEngineError(untilReady(engine, { run, profile, timeoutMs: RESUME_TIMEOUT_MS }, signal));
}

/** Until then it has a whole core, from then on its profile's share. */
async function untilReady(
  engine: Engine,
  { run, profile, timeoutMs }: { run: Run; profile: Profile; timeoutMs: number },
  signal: AbortSignal,
): Promise<Started> {
  const reason = await waitUntilReady(engine, run, timeoutMs, signal);
  if (reason) return { ok: false, reason };
  await engine.setCpus(run.containerId, PROFILES[profile].cpus);
  return { ok: true, run };
}

/** Pulled only when absent; what counts is the content's id, whatever a name points to. */
async function ensureImage(
  engine: Engine,
  { image, instanceId }: Launch,
  signal: AbortSignal,
): Promise<boolean> {
  if (await engine.hasImage(image.id)) return true;
  if (image.pull === undefined) return false;
  logEvent({ event: "image_pull", instance: instanceId, image: image.id });
  const pulled = await engine.pullImage(image.pull, signal).catch(() => "failed");
  return pulled !== "failed" && engine.hasImage(image.id);
}

async function waitUntilReady(
  engine: Engine,
  run: Run,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<InstanceReason | null> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal, AbortSignal.timeout(timeoutMs)]);
  const ended = engine.waitForExit(run.containerId, stop).then(() => "ended" as const);
  const ready = pollUntilReady(run, stop).then(() => "ready" as const);
  const first = await Promise.race([ready, ended]);
  const isReady = first === "ready" && !stop.aborted;
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

async function pollUntilReady(run: Run, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !(await askHealth(run.bridge, stop))) {
    await sleep(READY_POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Watches a running container until it ends, is stuck or the signal comes; tells of its health meanwhile. */
export async function watchRun(
  runner: Runner,
  run: Run,
  onHealth: (isHealthy: boolean) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const end = await Promise.race([
    watchExit(runner.engine, run.containerId, stop),
    watchHealth(run, onHealth, stop),
  ]);
  done.abort();
  closeBridge(run.bridge);
  if (end.kind === "ended" && end.reason.code === "unresponsive") {
    await runner.engine.killContainer(run.containerId).catch(() => undefined);
  }
  return end;
}

/** An engine that goes away does not end a run: with --live-restore the container serves on. */
async function watchExit(engine: Engine, containerId: string, stop: AbortSignal): Promise<RunEnd> {
  for (;;) {
    await engine.waitForExit(containerId, stop);
    if (stop.aborted) return { kind: "stopped" };
    const state = await engine.inspectContainer(containerId).catch(() => "unknown" as const);
    if (state === null) return { kind: "gone" };
    if (state !== "unknown" && !state.isRunning) {
      return { kind: "ended", reason: toReason("crash_loop", state) };
    }
    await sleep(ENGINE_RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function watchHealth(
  run: Run,
  onHealth: (isHealthy: boolean) => void,
  stop: AbortSignal,
): Promise<RunEnd> {
  let healthyAt = performance.now();
  for (;;) {
    await sleep(HEALTH_INTERVAL_MS, undefined, { signal: stop }).catch(() => undefined);
    const isHealthy = !stop.aborted && (await askHealth(run.bridge, stop));
    if (stop.aborted) return { kind: "stopped" };
    onHealth(isHealthy);
    if (isHealthy) healthyAt = performance.now();
    if (performance.now() - healthyAt > UNRESPONSIVE_AFTER_MS) {
      const message = `The server did not answer for ${UNRESPONSIVE_AFTER_MS / 1000} s: see its log.`;
      return { kind: "ended", reason: reason("unresponsive", message) };
    }
  }
}

/** Why the bridge says it ended, by its exit code. */
const EXIT_MEANINGS: Record<number, string> = {
  2: "its configuration or variables were refused",
  3: "its command could not be started",
  4: "the server ended before it was ready",
  5: "the server ended",
  6: "the server's handshake took too long",
};

function toReason(code: InstanceReasonCode, state: ContainerState): InstanceReason {
  if (state.wasOutOfMemory) {
    return reason(
      "out_of_memory",
      "The server reached its memory limit and was ended: choose a larger profile.",
    );
  }
  const meaning = EXIT_MEANINGS[state.exitCode];
  const detail = `exit code ${state.exitCode}${meaning ? `: ${meaning}` : ""}`;
  return reason(code, `The container ended (${detail}): its last lines are in the log.`);
}

const reason = (code: InstanceReasonCode, message: string): InstanceReason => ({ code, message });
const failed = (code: InstanceReasonCode, message: string): Started => ({
  ok: false,
  reason: reason(code, message),
});
