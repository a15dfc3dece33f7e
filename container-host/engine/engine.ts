import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";

/** What a container is to run; everything that the engine is told of it. */
export interface RunSpec {
  /** Content id of an allowed image: `sha256:…`. */
  imageId: string;
  environment: Record<string, string>;
  labels: Record<string, string>;
  /** Names that the container resolves by itself, to addresses. */
  hosts: Record<string, string>;
  network: string;
  /** IPv4 address in the network; it stays over restarts. */
  address: string;
  memoryBytes: number;
  pids: number;
}

export interface ManagedContainer {
  containerId: string;
  labels: Record<string, string>;
  isRunning: boolean;
  /** Null: in no network any more. */
  address: string | null;
}

export interface ContainerState {
  isRunning: boolean;
  exitCode: number;
  wasOutOfMemory: boolean;
}

export interface ManagedNetwork {
  name: string;
  /** CIDR. */
  subnet: string;
  labels: Record<string, string>;
}

export interface NetworkPlan extends ManagedNetwork {
  /** The host's own address in it. */
  gateway: string;
  /** Name of the bridge interface; the firewall knows ours by its beginning. */
  bridge: string;
}

export interface LogQuery {
  /** Newest lines to begin with. */
  tail: number;
  follow: boolean;
  /** RFC 3339 time from which lines are wanted; null: any. */
  since: string | null;
  signal: AbortSignal;
}

/**
 * The container engine as the host uses it. Rejects with `EngineError` when the engine refuses or does not answer.
 * Names and labels are the only state that the host relies on after a crash.
 */
export interface Engine {
  /** The engine's version; null: it does not answer. */
  version(): Promise<string | null>;
  hasImage(imageId: string): Promise<boolean>;
  /** Pulls by reference; whether the right image came of it is the caller's to check. */
  pullImage(reference: string, signal: AbortSignal): Promise<void>;
  /** Makes it with a whole core. */
  createContainer(name: string, spec: RunSpec): Promise<string>;
  /** Starts it and hands one line to its standard input, which is stored nowhere. */
  startContainer(containerId: string, line: string): Promise<void>;
  setCpus(containerId: string, cpus: number): Promise<void>;
  /** Null: there is no such container. */
  inspectContainer(containerId: string): Promise<ContainerState | null>;
  /** Resolves when the container is not running, and when the engine went away meanwhile. */
  waitForExit(containerId: string, signal: AbortSignal): Promise<void>;
  killContainer(containerId: string): Promise<void>;
  /** Removes it with its anonymous volumes, running or not; resolves when it is gone already. */
  removeContainer(containerId: string): Promise<void>;
  /** All containers with these labels, stopped ones included. */
  listContainers(labels: Record<string, string>): Promise<ManagedContainer[]>;
  /** Ends with the container's run, or at the signal. */
  readLog(containerId: string, query: LogQuery): AsyncIterable<LogLine>;
  listNetworks(labels: Record<string, string>): Promise<ManagedNetwork[]>;
  createNetwork(plan: NetworkPlan): Promise<void>;
  /** Resolves when it is gone already. */
  removeNetwork(name: string): Promise<void>;
}

/** A refusal of the engine, or its silence. The message is the engine's own: for logs, not for clients. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}
