import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { z } from "zod";
import {
  EngineError,
  type ContainerState,
  type Engine,
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
/** One core in `NanoCpus`. */
const FULL_CORE = 1e9;
/** The unprivileged user of the images, and its group. */
const UID = 1000;
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
  readonly #docker = new Docker();

  async version(): Promise<string | null> {
    // Only the engine can fail here, and null says that it did.
    const { Version } = await callEngine(this.#docker.version()).catch(() => ({ Version: null }));
    return Version;
  }

  async hasImage(imageId: string): Promise<boolean> {
    const image = await nullIfMissing(this.#docker.getImage(imageId).inspect());
    return image?.Id === imageId;
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
    const container = await callEngine(this.#docker.createContainer(toCreateBody(name, spec)));
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
    return containers.map(({ Id, Labels, State, NetworkSettings }) => ({
      containerId: Id,
      labels: Labels,
      isRunning: State === "running",
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

/** The hardened container configuration. Every catalogue entry was tested to run with it. */
function toCreateBody(name: string, spec: ContainerSpec): Docker.ContainerCreateOptions {
  return {
    name,
    Image: spec.imageId,
    User: `${UID}:${UID}`,
    OpenStdin: true,
    StdinOnce: false,
    AttachStdin: true,
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    HostConfig: {
      NanoCpus: FULL_CORE,
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      PidsLimit: spec.pids,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Init: true,
      IpcMode: "private",
      ShmSize: 1024 * 1024,
      OomScoreAdj: 500,
      // `size` does not limit inodes, and each inode costs kernel memory.
      Tmpfs: {
        "/tmp": `rw,noexec,nosuid,nodev,size=64m,nr_inodes=4096,mode=0700,uid=${UID},gid=${UID}`,
      },
      Ulimits: [
        { Name: "nofile", Soft: 1024, Hard: 1024 },
        { Name: "core", Soft: 0, Hard: 0 },
      ],
      NetworkMode: spec.network,
      ExtraHosts: Object.entries(spec.hosts).map(([host, address]) => `${host}:${address}`),
      // Only the host starts containers, after it has set the firewall rules; the engine would start them before.
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
    NetworkingConfig: {
      EndpointsConfig: { [spec.network]: { IPAMConfig: { IPv4Address: spec.address } } },
    },
  };
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
