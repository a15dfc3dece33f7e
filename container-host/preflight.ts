import type { HostFinding } from "../workers/contract/hosting/host-protocol.ts";
import { logEvent } from "../workers/runtime/log.ts";
import { judgeEngine } from "./engine/engine-findings.ts";
import type { Engine } from "./engine/engine.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Firewall } from "./network/firewall.ts";

/** Checks engine, runc, kernel and firewall at the host's start and with each request for its status. */
export class Preflight {
  readonly #engine: Engine;
  readonly #firewall: Firewall;
  readonly #neighbours: Neighbours;
  readonly #acceptedChecks: ReadonlySet<string>;
  #findings: HostFinding[] = [];
  #running: Promise<HostFinding[]> | null = null;

  /** `acceptedChecks`: checks whose refusal the operator overrides. */
  constructor(parts: {
    engine: Engine;
    firewall: Firewall;
    neighbours: Neighbours;
    acceptedChecks: ReadonlySet<string>;
  }) {
    this.#engine = parts.engine;
    this.#firewall = parts.firewall;
    this.#neighbours = parts.neighbours;
    this.#acceptedChecks = parts.acceptedChecks;
  }

  /** The findings now. Concurrent callers share one check. While the engine does not respond, the last ones. */
  check(): Promise<HostFinding[]> {
    this.#running ??= this.#check().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Why the host accepts no new instances, by the last check; null: it does. */
  get refusal(): string | null {
    const found = this.#findings.find(({ state }) => state === "refused");
    return found ? `This host is not safe (${found.check}): ${found.message}` : null;
  }

  async #check(): Promise<HostFinding[]> {
    const [facts, isFirewallSet, neighbours] = await Promise.all([
      this.#engine.readFacts(),
      this.#firewall.ensure(),
      this.#neighbours.check(),
    ]);
    if (facts === null || neighbours === null) return this.#findings;
    const before = this.#findings;
    this.#findings = [...judgeEngine(facts), toFirewallFinding(isFirewallSet), neighbours].map(
      (finding) =>
        finding.state === "refused" && this.#acceptedChecks.has(finding.check)
          ? {
              ...finding,
              state: "warning",
              message: `${finding.message} The operator accepts this.`,
            }
          : finding,
    );
    for (const finding of this.#findings) {
      const isKnown = before.some(
        ({ check, state }) => check === finding.check && state === finding.state,
      );
      if (finding.state !== "ok" && !isKnown) logEvent({ event: "host_finding", ...finding });
    }
    return this.#findings;
  }
}

function toFirewallFinding(isSet: boolean): HostFinding {
  const check = "firewall";
  if (isSet) return { check, state: "ok", message: "The firewall's rules are in force." };
  const message =
    "The firewall's rules cannot be set: run container-host/firewall.sh up and see its output.";
  return { check, state: "refused", message };
}
