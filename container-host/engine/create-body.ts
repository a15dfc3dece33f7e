import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { CheckSpec, ContainerSpec } from "./engine.ts";

/** The part of an image's configuration that the engine adds to a container's, name by name. Null: it has none. */
interface ImageConfiguration {
  Env: string[] | null;
  Labels: Record<string, string> | null;
}

/** One core in `NanoCpus`. */
export const FULL_CORE = 1e9;
/** The unprivileged user of the container, and its group. */
const UID = 1000;
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", MCP_REQUIRE_PROTECTION: "1" };
/**
 * The bridge. The server has the same user: without `--disable-sigusr1` that signal would open the bridge's debugger. The
 * other options keep V8 from reserving more memory than a small container has.
 */
const ENTRYPOINT = [
  "/usr/local/bin/node",
  "--disable-sigusr1",
  "--optimize-for-size",
  "--max-semi-space-size=4",
  "/opt/bridge/bridge.mjs",
];
/** The check of a generated server, in a separate image. */
const CHECK_ENTRYPOINT = ["/usr/local/bin/node", "--disable-sigusr1", "/opt/check/program.mjs"];
/** The system calls of servers; README.md says what differs from the engine's own profile. */
const SECCOMP_PROFILE = JSON.stringify(
  JSON.parse(readFileSync(join(import.meta.dirname, "seccomp.json"), "utf8")),
);

/**
 * The hardened container configuration. Every catalogue entry was tested to run with it. The engine adds an image's own
 * configuration where a container has none, so every member that an image can have is set here: of an image, only its files
 * count. Volumes cannot be overridden; `findImage` refuses them.
 */
export function toCreateBody(
  name: string,
  spec: ContainerSpec,
  image: ImageConfiguration,
): Docker.ContainerCreateOptions {
  return {
    ...toConfinedBody(name, spec, image),
    Entrypoint: ENTRYPOINT,
    WorkingDir: "/opt/mcp",
    Env: toEnvironment({ ...ENVIRONMENT, ...spec.environment }, image.Env ?? []),
    HostConfig: {
      ...toLimits(spec),
      ...(spec.packages === null
        ? {}
        : { Binds: [`${spec.packages}/node_modules:/opt/mcp/node_modules:ro`] }),
      NetworkMode: spec.network,
      ExtraHosts: Object.entries(spec.hosts).map(([host, address]) => `${host}:${address}`),
    },
    NetworkingConfig: {
      EndpointsConfig: { [spec.network]: { IPAMConfig: { IPv4Address: spec.address } } },
    },
  };
}

/** The same confinement for the check of a generated server, without a network and with the environment of no server. */
export function toCheckBody(
  name: string,
  spec: CheckSpec,
  image: ImageConfiguration,
): Docker.ContainerCreateOptions {
  return {
    ...toConfinedBody(name, spec, image),
    Entrypoint: CHECK_ENTRYPOINT,
    WorkingDir: "/tmp",
    Env: toEnvironment({ PATH: ENVIRONMENT.PATH }, image.Env ?? []),
    HostConfig: { ...toLimits(spec), NetworkMode: "none" },
  };
}

function toConfinedBody(name: string, { imageId, labels }: CheckSpec, image: ImageConfiguration) {
  return {
    name,
    Image: imageId,
    User: `${UID}:${UID}`,
    Cmd: [],
    StopSignal: "SIGTERM",
    Healthcheck: { Test: ["NONE"] },
    OpenStdin: true,
    StdinOnce: false,
    AttachStdin: true,
    Labels: { ...clearValues(image.Labels ?? {}), ...labels },
  };
}

function toLimits({ memoryBytes, pids }: CheckSpec): Docker.HostConfig {
  return {
    NanoCpus: FULL_CORE,
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    PidsLimit: pids,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true", `seccomp=${SECCOMP_PROFILE}`],
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
    // Only the host starts containers, after it has set the firewall rules; the engine would start them before.
    RestartPolicy: { Name: "no" },
    LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
  };
}

/** A name without a value removes the image's variable (Docker Engine API, ContainerCreate). */
function toEnvironment(environment: Record<string, string>, imageVariables: string[]): string[] {
  const names = imageVariables.map((variable) => variable.split("=")[0] ?? "");
  return [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...names.filter((name) => environment[name] === undefined),
  ];
}

function clearValues(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, ""]));
}
