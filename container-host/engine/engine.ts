import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import type { EngineFacts } from "./engine-findings.ts";

/** Everything that the engine gets to create a container: image, environment, network and limits. */
export interface ContainerSpec {
  /** Content id of an allowed image: `sha256:…`. */
  imageId: string;
  environment: Record<string, string>;
  labels: Record<string, string>;
  /** Entries of the container's /etc/hosts: name to address. */
  hosts: Record<string, string>;
  network: string;
  /** IPv4 address in the network; restarts keep it. */
  address: string;
  memoryBytes: number;
  pids: number;
  /** Folder of this machine whose `node_modules` the server gets in place of the image's, read-only; null: none. */
  packages: string | null;
}

/** A program that runs once in a container without network and environment: the check of a generated server. */
export interface CheckSpec {
  /** Content id of an allowed image: `sha256:…`. */
  imageId: string;
  labels: Record<string, string>;
  memoryBytes: number;
  pids: number;
}

/**
 * `has_volumes`: the image declares volumes, which the engine would create on the disk, writable and without a limit; nothing
 * in a container's configuration prevents that.
 */
export type ImageStatus = "present" | "missing" | "has_volumes";

/** A container of a host, as the engine lists it. */
export interface ManagedContainer {
  containerId: string;
  name: string;
  labels: Record<string, string>;
  isRunning: boolean;
  /** Name of its network and IPv4 address there; null: the container has left its network. */
  network: string | null;
  address: string | null;
}

/** State of a container's main process. The exit code is meaningless while it runs. */
export interface ContainerState {
  isRunning: boolean;
  exitCode: number;
  wasOutOfMemory: boolean;
}

/** A workspace network, as the engine lists it. */
export interface ManagedNetwork {
  name: string;
  /** CIDR. */
  subnet: string;
  labels: Record<string, string>;
}

/** A network to create. */
export interface NetworkPlan extends ManagedNetwork {
  /** The host's address in the network. */
  gateway: string;
  /** Name of the bridge interface; the firewall matches its prefix `mcp`. */
  bridge: string;
}

/** Selects lines of a container's log. */
export interface LogQuery {
  /** Number of newest lines to begin with. */
  tail: number;
  follow: boolean;
  /** RFC 3339 time of the oldest line, inclusive; null: no limit. */
  since: string | null;
  signal: AbortSignal;
}

/**
 * The operations of a container engine that the host uses. They reject with `EngineError` when the engine refuses or
 * does not respond. After a crash the host relies on names and labels only.
 */
export interface Engine {
  /** The engine's version; null: it does not respond. */
  version(): Promise<string | null>;
  /** Null: it does not respond, or runs no containers. */
  readFacts(): Promise<EngineFacts | null>;
  findImage(imageId: string): Promise<ImageStatus>;
  /** Pulls by reference. The caller must check with `findImage` that the pulled image is the allowed one. */
  pullImage(reference: string, signal: AbortSignal): Promise<void>;
  /** Creates a container with a whole core and returns its id. */
  createContainer(name: string, spec: ContainerSpec): Promise<string>;
  /** Starts the container and writes one line to its standard input. The engine does not store the line. */
  startContainer(containerId: string, stdinLine: string): Promise<void>;
  /** Whether it confines what it runs. Without, no code of strangers is started. */
  readonly isSandbox: boolean;
  /**
   * Runs the check program with a line on its standard input, to its end or the signal, and removes what it has left.
   * Returns the lines of its standard output.
   */
  runCheck(
    name: string,
    spec: CheckSpec,
    stdinLine: string,
    signal: AbortSignal,
  ): Promise<string[]>;
  setCpus(containerId: string, cpus: number): Promise<void>;
  /** Null: the container does not exist. */
  inspectContainer(containerId: string): Promise<ContainerState | null>;
  /** Resolves when the container does not run, when the connection to the engine breaks, or at the signal. */
  waitForExit(containerId: string, signal: AbortSignal): Promise<void>;
  killContainer(containerId: string): Promise<void>;
  /** Removes a container, running or not, with its anonymous volumes; resolves if it does not exist. */
  removeContainer(containerId: string): Promise<void>;
  /** All containers with these labels, including stopped ones. */
  listContainers(labels: Record<string, string>): Promise<ManagedContainer[]>;
  /** With `follow` it ends when the container stops, or at the signal. */
  readLog(containerId: string, query: LogQuery): AsyncIterable<LogLine>;
  listNetworks(labels: Record<string, string>): Promise<ManagedNetwork[]>;
  createNetwork(plan: NetworkPlan): Promise<void>;
  /** Resolves if the network does not exist. */
  removeNetwork(name: string): Promise<void>;
}

/** The engine refused a call or did not respond. The message is the engine's: never send it to a client. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}
