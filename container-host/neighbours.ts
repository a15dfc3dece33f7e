import type { HostFinding } from "../workers/contract/hosting/host-protocol.ts";
import { EngineError, type Engine } from "./engine/engine.ts";
import { describeOwner, findOwner, INSTANCE_LABEL, MANAGED, type Owner } from "./engine/labels.ts";
import type { HostState } from "./state/host-state.ts";

/** Containers that a finding names. */
const MAX_NAMES = 20;

/** Tells this host's containers from those of other hosts on the same engine, which it leaves alone and names. */
export class Neighbours {
  readonly #engine: Engine;
  readonly #owner: Owner;
  readonly #state: HostState;

  constructor(engine: Engine, owner: Owner, state: HostState) {
    this.#engine = engine;
    this.#owner = owner;
    this.#state = state;
  }

  /** Whether a container is this host's. One of an older version is, if this folder's state names its instance. */
  isOwn(labels: Record<string, string>): boolean {
    const owner = findOwner(labels, this.#owner);
    return (
      owner === "self" || (owner === "older" && this.#state.knows(labels[INSTANCE_LABEL] ?? ""))
    );
  }

  /** The finding that names the containers of other hosts; null: the engine does not respond. */
  async check(): Promise<HostFinding | null> {
    const check = "neighbours";
    try {
      const others = (await this.#engine.listContainers(MANAGED)).filter(
        ({ labels }) => !this.isOwn(labels),
      );
      if (others.length === 0) {
        return { check, state: "ok", message: "No other host has containers on this engine." };
      }
      const names = others
        .slice(0, MAX_NAMES)
        .map(({ name, labels }) => `${name} of ${describeOwner(labels)}`);
      const rest = others.length > MAX_NAMES ? `, and ${others.length - MAX_NAMES} more` : "";
      const message = `Other hosts have containers on this engine, and this host leaves them alone: ${names.join(", ")}${rest}. Remove those whose host no longer exists: docker rm --force NAME.`;
      return { check, state: "warning", message };
    } catch (error) {
      if (error instanceof EngineError) return null;
      throw error;
    }
  }
}
