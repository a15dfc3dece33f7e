import { PROBE_VALID_MS } from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { probeLegacySupport } from "../../workers/upstream/probe.ts";
import { toPeer, type UpstreamDependencies } from "./server-values.ts";

/** Runs work that waits for a server's response headers, when a connection is free; the signal ends it. */
type RunConnected = (work: (signal: AbortSignal) => Promise<void>) => Promise<void>;

/** Finds out which modern servers also support legacy clients, which then need no translation, and have tasks for them. */
export class LegacySupport {
  readonly #deps: UpstreamDependencies;
  readonly #run: RunConnected;
  /** Last probe of each server, epoch ms. */
  readonly #probedAt = new Map<string, number>();
  /** Probes in progress. */
  readonly #probes = new Map<string, Promise<void>>();

  constructor(deps: UpstreamDependencies, run: RunConnected) {
    this.#deps = deps;
    this.#run = run;
  }

  /**
   * Probes the servers that were not probed within a day. Waits at most the merge budget, for probes in progress, too;
   * null: all were probed.
   */
  detect(servers: ServerRecord[]): Promise<unknown> | null {
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const due = servers.filter(
      ({ id, era, legacy }) =>
        era === "modern" &&
        legacy?.tasks === undefined &&
        (this.#probedAt.get(id) ?? 0) <= dueBefore,
    );
    for (const server of due) {
      this.#probedAt.set(server.id, Date.now());
      const probe = this.#run((signal) => this.#probe(server, signal)).finally(() =>
        this.#probes.delete(server.id),
      );
      this.#probes.set(server.id, probe);
    }
    const running = servers.flatMap(({ id }) => this.#probes.get(id) ?? []);
    return running.length > 0
      ? withTimeout(Promise.all(running), this.#deps.budgets.mergeMs)
      : null;
  }

  async #probe(server: ServerRecord, signal: AbortSignal): Promise<void> {
    const sent = await this.#deps.headersOf(server);
    if (!sent.ok) return;
    const peer = toPeer(server, sent);
    const options = { ...this.#deps.optionsFor(server), signal };
    const legacy = await probeLegacySupport(peer, options);
    const { transport, protocolVersion } = server;
    if (!legacy || !transport || !protocolVersion) return;
    const detected = { transport, era: "modern", protocolVersion, stateful: false } as const;
    await this.#deps.onDetected(server, { ...detected, legacy });
  }
}
