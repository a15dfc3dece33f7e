import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { z } from "zod";
import { FULL_CORE, toCheckBody, toCreateBody } from "./create-body.ts";
import type { EngineFacts } from "./engine-findings.ts";
import { EngineInfo, toEngineFacts } from "./engine-info.ts";
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
import { readLogFrames } from "./log-frames.ts";

/** An engine call without a response for 20 s has failed. Starting a container takes under a second. */
const CALL_TIMEOUT_MS = 20_000;
/** Ten minutes, for a large image over a slow connection. */
const PULL_TIMEOUT_MS = 600_000;
/** Lines of a check's output that are read, the newest ones: the checked server can write there, too. */
const MAX_CHECK_LINES = 2_000;
const BRIDGE_NAME_OPTION = "com.docker.network.bridge.name";

const Addresses = z
  .object({
    IPAMConfig: z.object({ IPv4Address: z.string().optional() }).nullable(),
    IPAddress: z.string(),
  })
  .transform(({ IPAMConfig, IPAddress }) => IPAMConfig?.IPv4Address ?? IPAddress);
const StatusError = z.object({ statusCode: z.int() });

/** The Docker engine through dockerode, without an API version: newer engines drop old versions. */
export class DockerEngine implements Engine {
  readonly isSandbox = true;
  readonly #docker = new Docker();

  async version(): Promise<string | null> {
    // Only the engine can fail here, and null says that it did.
    const { Version } = await callEngine(this.#docker.version()).catch(() => ({ Version: null }));
    return Version;
  }

  async readFacts(): Promise<EngineFacts | null> {
    try {
      const version = await callEngine(this.#docker.version());
      const info = await callEngine(this.#docker.info().then((content: object) => content));
      return toEngineFacts(EngineInfo.parse({ ...info, ...version }));
    } catch (error) {
      if (error instanceof EngineError) return null;
      throw error;
    }
  }

  async findImage(imageId: string): Promise<ImageStatus> {
    const image = await nullIfMissing(this.#docker.getImage(imageId).inspect());
    if (image?.Id !== imageId) return "missing";
    return Object.keys({ ...image.Config.Volumes }).length > 0 ? "has_volumes" : "present";
  }

  async pullImage(reference: string, signal: AbortSignal): Promise<void> {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(PULL_TIMEOUT_MS)]);
    const progress = await callEngine(this.#docker.pull(reference, { abortSignal }));
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(progress, (error: Error | null) => {
        if (error) reject(new EngineError(error.message));
        else resolve();
      });
    });
  }

  async createContainer(name: string, spec: ContainerSpec): Promise<string> {
    const { Config } = await callEngine(this.#docker.getImage(spec.imageId).inspect());
    const body = toCreateBody(name, spec, Config);
    const container = await callEngine(this.#docker.createContainer(body));
    return container.id;
  }

  async startContainer(containerId: string, stdinLine: string): Promise<void> {
    const container = this.#docker.getContainer(containerId);
    // Attached before the start, so that the line is available when the process first reads.
    const stdin = await callEngine(container.attach({ stream: true, stdin: true, hijack: true }));
    // The engine cuts the stream when the container ends; `waitForExit` reports that end.
    stdin.on("error", () => {});
    try {
      await callEngine(this.#docker.getContainer(containerId).start());
      stdin.write(`${stdinLine}\n`);
    } finally {
      stdin.end();
    }
  }

  async runCheck(
    name: string,
    spec: CheckSpec,
    stdinLine: string,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { Config } = await callEngine(this.#docker.getImage(spec.imageId).inspect());
    const body = toCheckBody(name, spec, Config);
    const { id } = await callEngine(this.#docker.createContainer(body));
    try {
      await this.startContainer(id, stdinLine);
      await this.waitForExit(id, signal);
      await this.killContainer(id);
      const lines: string[] = [];
      // The signal can have come: the lines up to then count all the same.
      const done = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const query = { tail: MAX_CHECK_LINES, follow: false, since: null, signal: done };
      for await (const { stream, text } of this.readLog(id, query))
        if (stream === "stdout") lines.push(text);
      return lines;
    } finally {
      await this.removeContainer(id);
    }
  }

  async setCpus(containerId: string, cpus: number): Promise<void> {
    await callEngine(this.#docker.getContainer(containerId).update({ NanoCpus: cpus * FULL_CORE }));
  }

  async inspectContainer(containerId: string): Promise<ContainerState | null> {
    const info = await nullIfMissing(this.#docker.getContainer(containerId).inspect());
    if (!info) return null;
    const { Running, Restarting, ExitCode, OOMKilled } = info.State;
    return {
      isRunning: Running && !Restarting,
      exitCode: ExitCode,
      wasOutOfMemory: OOMKilled,
    };
  }

  async waitForExit(containerId: string, signal: AbortSignal): Promise<void> {
    // The engine sends the headers at once. If the engine dies meanwhile, the body never ends and dockerode's own
    // `wait` never resolves. A failed connection counts as an exit: the caller inspects the container afterwards.
    const options = {
      path: `/containers/${containerId}/wait`,
      method: "POST",
      isStream: true,
      statusCodes: { 200: true },
      abortSignal: signal,
    };
    await new Promise<void>((resolve) => {
      this.#docker.modem.dial(options, (_error: unknown, response: unknown) => {
        if (response instanceof Readable)
          response
            .resume()
            .once("error", () => {})
            .once("close", resolve);
        else resolve();
      });
    });
  }

  async killContainer(containerId: string): Promise<void> {
    await ignoreStatuses([404, 409], this.#docker.getContainer(containerId).kill());
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.#docker.getContainer(containerId);
    await ignoreStatuses([404, 409], container.remove({ force: true, v: true }));
  }

  async listContainers(labels: Record<string, string>): Promise<ManagedContainer[]> {
    const containers = await callEngine(
      this.#docker.listContainers({ all: true, filters: toLabelFilter(labels) }),
    );
    return containers.map(({ Id, Names, Labels, State, NetworkSettings }) => ({
      containerId: Id,
      name: Names[0]?.slice(1) ?? Id,
      labels: Labels,
      isRunning: State === "running",
      network: Object.keys(NetworkSettings.Networks)[0] ?? null,
      // A stopped container has no `IPAddress`, but keeps the address that it was created with.
      address:
        Object.values(NetworkSettings.Networks).map((network) => Addresses.parse(network))[0] ??
        null,
    }));
  }

  async *readLog(containerId: string, { tail, follow, since, signal }: LogQuery) {
    const options = {
      stdout: true,
      stderr: true,
      timestamps: true,
      tail,
      since: toEngineTime(since),
    };
    const container = this.#docker.getContainer(containerId);
    const frames = await callEngine<Iterable<Buffer> | AsyncIterable<Buffer | string>>(
      follow
        ? container.logs({ ...options, follow: true, abortSignal: signal })
        : container.logs({ ...options, abortSignal: signal }).then((bytes) => [bytes]),
    );
    yield* readLogFrames(frames);
  }

  async listNetworks(labels: Record<string, string>): Promise<ManagedNetwork[]> {
    const networks = await callEngine(
      this.#docker.listNetworks({ filters: toLabelFilter(labels) }),
    );
    return networks.map(({ Name, IPAM, Labels }) => ({
      name: Name,
      subnet: IPAM?.Config?.[0]?.Subnet ?? "",
      labels: Labels ?? {},
    }));
  }

  async createNetwork(plan: NetworkPlan): Promise<void> {
    await callEngine(
      this.#docker.createNetwork({
        Name: plan.name,
        Driver: "bridge",
        CheckDuplicate: true,
        Internal: true,
        Labels: plan.labels,
        IPAM: { Driver: "default", Config: [{ Subnet: plan.subnet, Gateway: plan.gateway }] },
        Options: {
          [BRIDGE_NAME_OPTION]: plan.bridge,
          "com.docker.network.bridge.enable_icc": "false",
        },
      }),
    );
  }

  async removeNetwork(name: string): Promise<void> {
    await ignoreStatuses([404], this.#docker.getNetwork(name).remove());
  }
}

/** An RFC 3339 time as `seconds.nanoseconds`, the only form that keeps nanoseconds in the engine's API. */
function toEngineTime(at: string | null): string {
  if (at === null) return "0";
  const nanoseconds = /\.(\d{1,9})/.exec(at)?.[1] ?? "0";
  return `${Math.floor(Date.parse(at) / 1000)}.${nanoseconds.padEnd(9, "0")}`;
}

function toLabelFilter(labels: Record<string, string>): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}

/** Waits at most 20 s for an engine call; every failure becomes an `EngineError`. */
async function callEngine<T>(call: Promise<T>): Promise<T> {
  const done = new AbortController();
  const { signal } = done;
  const timeout = sleep(CALL_TIMEOUT_MS, null, { signal }).then(
    () => Promise.reject(new Error("the engine does not respond")),
    // The sleep was aborted: the call ended first.
    () => call,
  );
  try {
    return await Promise.race([call, timeout]);
  } catch (error) {
    throw new EngineError(error instanceof Error ? error.message : "unknown failure", {
      cause: error,
    });
  } finally {
    done.abort();
  }
}

/** Null when the engine responds with one of these statuses. */
function ignoreStatuses<T>(statuses: number[], call: Promise<T>): Promise<T | null> {
  return callEngine(
    call.catch((error: unknown) => {
      const status = StatusError.safeParse(error).data?.statusCode;
      if (status !== undefined && statuses.includes(status)) return null;
      throw error;
    }),
  );
}

const nullIfMissing = <T>(call: Promise<T>) => ignoreStatuses([404], call);
