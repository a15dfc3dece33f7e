import { PROBE_VALID_MS, REFRESH_INTERVAL_MS } from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ToolCatalogue,
  ServerCheck,
  UpstreamError,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { Semaphore } from "../../workers/runtime/semaphore.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { fetchCatalogue } from "../../workers/upstream/fetch-catalogue.ts";
import { type Peer, type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { probe, type Probed } from "../../workers/upstream/probe.ts";
import type { UpstreamSession } from "../../workers/upstream/upstream-sessions.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { CircuitBreakers } from "./circuit-breakers.ts";
import { FloodedServers } from "./flooded-servers.ts";
import { LegacySupport } from "./legacy-support.ts";
import { toDetection, toIdentity, toPeer, type UpstreamDependencies } from "./server-values.ts";
import { StoredSessions } from "./stored-sessions.ts";

/**
 * Of the six connections that can wait for response headers (a platform limit), one stays free for D1 and the queue.
 */
const MAX_WAITING_CONNECTIONS = 5;

/** A check that takes longer than this part of the merge budget gives its connection to one that waits. */
const SLICES_PER_MERGE = 5;

/** The owner of the session with which the gateway fetches a catalogue. No member's or token's id. */
const GATEWAY = "gateway";

/** The state of the workspace's servers: tool catalogues, last checks and upstream sessions, stored in SQLite. */
export class Upstreams {
  readonly catalogues: Map<string, ToolCatalogue>;
  readonly checks: Map<string, ServerCheck>;
  readonly sessions: StoredSessions;
  readonly #storage: WorkspaceStorage;
  readonly #deps: UpstreamDependencies;
  readonly #schedule = new CheckSchedule();
  /** Servers that are down, to which no calls are sent. */
  readonly circuits = new CircuitBreakers();
  /** Servers that are not listened to, because they sent too many change notifications. */
  readonly flooded = new FloodedServers();
  /** Last start of `refreshRarely` for each server, epoch ms. */
  readonly #rarelyAt = new Map<string, number>();
  /** Until when (epoch ms) requests wait for the first check of a server. */
  readonly #awaitedUntil = new Map<string, number>();
  /** Which modern servers also support legacy clients. */
  readonly legacySupport: LegacySupport;
  readonly #inFlight = new Map<string, Promise<ServerCheck>>();
  /** Limits requests to servers that wait for response headers. */
  readonly connections = new Semaphore(MAX_WAITING_CONNECTIONS);
  /** Increases with each change of a catalogue. */
  revision = 0;
  /** Called after `revision` has increased. */
  onChanged: () => void = () => undefined;

  constructor(storage: WorkspaceStorage, deps: UpstreamDependencies) {
    this.#storage = storage;
    this.#deps = deps;
    this.legacySupport = new LegacySupport(deps, (work) =>
      this.connections.runInSlices(this.#sliceMs, work),
    );
    this.catalogues = storage.loadCatalogues();
    this.checks = new Map();
    for (const [id, { failures = 0, ...check }] of storage.loadChecks()) {
      this.checks.set(id, check);
      if (failures > 0) this.#schedule.end(id, check.checkedAt, failures, Math.random());
    }
    this.sessions = new StoredSessions(storage);
  }

  /** Checks the server and fetches its catalogue, or joins the check in progress. */
  refresh(server: ServerRecord): Promise<ServerCheck> {
    const running = this.#inFlight.get(server.id);
    if (running) return running;
    const refresh = this.connections
      .runInSlices(this.#sliceMs, (signal) => this.#check(server, signal))
      .finally(() => this.#inFlight.delete(server.id));
    this.#inFlight.set(server.id, refresh);
    return refresh;
  }

  /** Refreshes the server, but not again within 10 s: it can reject the headers of every call. */
  async refreshRarely(server: ServerRecord, now: number): Promise<void> {
    if ((this.#rarelyAt.get(server.id) ?? 0) > now - REFRESH_INTERVAL_MS) return;
    this.#rarelyAt.set(server.id, now);
    await this.refresh(server);
  }

  /** Forgets what keeps a server waiting for its next check and listener. */
  forgetFailures(id: string): void {
    this.#schedule.forget(id);
    this.flooded.forget(id, Date.now());
  }

  get #sliceMs(): number {
    return this.#deps.budgets.mergeMs / SLICES_PER_MERGE;
  }

  /** Refreshes the server after the check in progress, which can have missed the latest change. */
  async refreshAgain(server: ServerRecord): Promise<ServerCheck> {
    await this.#inFlight.get(server.id);
    return this.refresh(server);
  }

  /** Starts a refresh of every server with an outdated catalogue; null: all are fresh. */
  refreshStale(servers: ServerRecord[], now: number): Promise<unknown> | null {
    const stale = servers.filter(({ id }) => this.#schedule.isDue(id, now));
    for (const { id } of stale) this.#schedule.start(id, now);
    return stale.length > 0 ? Promise.all(stale.map((server) => this.refresh(server))) : null;
  }

  /** Whether a periodic check must ask the server: its last check is not fresh, and it does not keep failing. */
  isDue(id: string, now: number): boolean {
    return this.#schedule.isDue(id, now);
  }

  /**
   * Checks servers that were never checked. Waits for each at most the merge budget, from the first request for it on; null:
   * there is none to wait for.
   */
  checkNewServers(servers: ServerRecord[], now: number): Promise<unknown> | null {
    const unchecked = servers.filter((server) => !this.checks.has(server.id));
    const waits = unchecked.flatMap((server) => {
      const until = this.#awaitedUntil.get(server.id) ?? now + this.#deps.budgets.mergeMs;
      this.#awaitedUntil.set(server.id, until);
      const refresh = this.refresh(server);
      return until > now ? [withTimeout(refresh, until - now)] : [];
    });
    return waits.length > 0 ? Promise.all(waits) : null;
  }

  /**
   * Forgets what a change of a server outdates: everything if its URL changed or it was deleted, and its sessions if its
   * headers or credentials changed, because the server can have bound a session to who opened it.
   */
  handleChange(id: string, before: ServerRecord | undefined, after: ServerRecord | null): void {
    this.forgetFailures(id);
    this.#awaitedUntil.delete(id);
    this.#rarelyAt.delete(id);
    if (before) this.circuits.close(before.slug);
    if (after?.url !== before?.url) this.#forget(id);
    else if (toIdentity(after) !== toIdentity(before)) this.sessions.forget(id);
  }

  #dropCatalogue(serverId: string): void {
    if (!this.catalogues.delete(serverId)) return;
    this.#storage.deleteCatalogue(serverId);
    this.#markChanged();
  }

  #forget(serverId: string): void {
    this.#markChanged();
    this.#inFlight.delete(serverId);
    this.catalogues.delete(serverId);
    this.checks.delete(serverId);
    this.#storage.deleteCatalogue(serverId);
    this.#storage.deleteCheck(serverId);
    this.sessions.forget(serverId);
  }

  /** A stored session with what its server said in `initialize`; null: there is none, or the server is not known. */
  #toKeptSession(server: ServerRecord, sessionId: string | null): UpstreamSession | null {
    const catalogue = this.catalogues.get(server.id);
    const { protocolVersion, stateful } = server;
    if (sessionId === null || !catalogue || protocolVersion === null || !stateful) return null;
    const { capabilities, instructions, serverInfo, leadsTo, accepted = "all" } = catalogue;
    const introduction = { capabilities, instructions, serverInfo, ...(leadsTo && { leadsTo }) };
    return { sessionId, protocolVersion, accepted, ...introduction };
  }

  /** Stores the session of the catalogue, for the next refresh. */
  #keepSession({ id }: ServerRecord, session: UpstreamSession | null): void {
    const known = this.sessions.find(id, GATEWAY);
    if (session === null || session.sessionId === null || session.sessionId === known) return;
    this.sessions.save(id, GATEWAY, session.sessionId, known);
  }

  #markChanged(): void {
    this.revision++;
    this.onChanged();
  }

  async #check(server: ServerRecord, signal: AbortSignal): Promise<ServerCheck> {
    const { id, slug } = server;
    const startedAt = Date.now();
    this.#schedule.start(id, startedAt);
    const error = await this.#fetch(server, signal);
    // Its tools are our own: kept, they would come back under a longer name with each refresh.
    if (error?.code === "upstream_loop") this.#dropCatalogue(server.id);
    const check = { checkedAt: Date.now(), latencyMs: Date.now() - startedAt, error };
    // It gave its connection to another check, and starts again.
    if (signal.aborted) return check;
    const failures = error ? this.#schedule.failuresOf(id) + 1 : 0;
    this.#schedule.end(id, startedAt, failures, Math.random());
    if (!error) this.circuits.close(slug);
    this.checks.set(id, check);
    this.#storage.saveCheck(id, { ...check, failures });
    return check;
  }

  /** The server's protocol with the session to use: as stored, or probed again after a failure and after a day. */
  async #detect(server: ServerRecord, peer: Peer, options: UpstreamOptions): Promise<Probed> {
    const detected = toDetection(server);
    const session = this.#toKeptSession(server, this.sessions.find(server.id, GATEWAY));
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const isDue = this.checks.get(server.id)?.error || (server.probedAt ?? 0) <= dueBefore;
    if (detected && !isDue) return { ok: true, detected, session };
    const probed = await probe(peer, server.legacy !== null, options);
    if (probed.ok) {
      this.#keepSession(server, probed.session);
      await this.#deps.onDetected(server, probed.detected);
      return probed;
    }
    // A server whose one session is open still speaks as it did.
    return probed.isTaken && detected ? { ok: true, detected, session } : probed;
  }

  async #fetch(server: ServerRecord, signal: AbortSignal): Promise<UpstreamError | null> {
    const sent = await this.#deps.headersOf(server);
    if (!sent.ok) return sent.error;
    const { budgets } = this.#deps;
    const options = {
      ...this.#deps.optionsFor(server),
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
      signal,
    };
    const reached = toPeer(server, sent);
    const probed = await this.#detect(server, reached, options);
    if (!probed.ok) return probed.error;
    const { detected, session } = probed;
    const { accepted } = this.catalogues.get(server.id) ?? {};
    const peer = { ...reached, detected, accepted };
    let fetched = await fetchCatalogue(peer, options, session);
    if (!fetched.ok && fetched.isTaken) {
      const other = this.sessions.findOther(server.id, session?.sessionId ?? null);
      const shared = this.#toKeptSession(server, other);
      if (shared) fetched = await fetchCatalogue(peer, options, shared);
    }
    if (!fetched.ok) return fetched.error;
    this.#keepSession(server, fetched.session);
    if (JSON.stringify(this.catalogues.get(server.id)) !== JSON.stringify(fetched.catalogue)) {
      this.catalogues.set(server.id, fetched.catalogue);
      this.#storage.saveCatalogue(server.id, fetched.catalogue);
      this.#markChanged();
    }
    return null;
  }
}
