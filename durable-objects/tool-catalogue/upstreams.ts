import {
  TOOL_CATALOGUE_FRESH_MS,
  PROBE_VALID_MS,
  type Budgets,
} from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ToolCatalogue,
  ServerCheck,
  UpstreamError,
  Detected,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { Semaphore } from "../../workers/runtime/semaphore.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { fetchCatalogue } from "../../workers/upstream/fetch-catalogue.ts";
import { type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { probe, probeLegacySupport } from "../../workers/upstream/probe.ts";
import type { UpstreamSession } from "../../workers/upstream/upstream-sessions.ts";
import { sessionKey, type WorkspaceStorage } from "../storage/workspace-storage.ts";

/**
 * Of the six connections that can wait for response headers (a platform limit), one stays free for D1 and the queue.
 */
const MAX_WAITING_CONNECTIONS = 5;

/** The owner of the session with which the gateway fetches a catalogue. No member's or token's id. */
const GATEWAY = "gateway";

/** Most stored sessions of one server: clients come and go, and each can have one. */
const MAX_SESSIONS_PER_SERVER = 1_000;

/** The headers for a request to a server, credentials included. */
export type HeadersResult =
  | { ok: true; headers: Record<string, string> }
  | { ok: false; error: UpstreamError };

interface Dependencies {
  budgets: Budgets;
  optionsFor(server: ServerRecord): UpstreamOptions;
  headersOf(server: ServerRecord): Promise<HeadersResult>;
  /** Called with the result of each probe. */
  onDetected(server: ServerRecord, detected: Detected): Promise<void>;
}

/** The state of the workspace's servers: tool catalogues, last checks and upstream sessions, stored in SQLite. */
export class Upstreams {
  readonly catalogues: Map<string, ToolCatalogue>;
  readonly checks: Map<string, ServerCheck>;
  readonly #sessions: Map<string, string>;
  readonly #storage: WorkspaceStorage;
  readonly #deps: Dependencies;
  /** Start of each server's last check, epoch ms. */
  readonly #checkStartedAt = new Map<string, number>();
  /** Last probe of each modern server for legacy support, epoch ms. */
  readonly #legacyProbedAt = new Map<string, number>();
  readonly #inFlight = new Map<string, Promise<ServerCheck>>();
  /** Limits requests to servers that wait for response headers. */
  readonly connections = new Semaphore(MAX_WAITING_CONNECTIONS);
  /** Increases with each change of a catalogue. */
  revision = 0;
  /** Called after `revision` has increased. */
  onChanged: () => void = () => undefined;

  constructor(storage: WorkspaceStorage, deps: Dependencies) {
    this.#storage = storage;
    this.#deps = deps;
    this.catalogues = storage.loadCatalogues();
    this.checks = storage.loadChecks();
    this.#sessions = storage.loadSessions();
  }

  /** Checks the server and fetches its catalogue, or joins the check in progress. */
  refresh(server: ServerRecord): Promise<ServerCheck> {
    const running = this.#inFlight.get(server.id);
    if (running) return running;
    const refresh = this.connections
      .run(() => this.#check(server))
      .finally(() => this.#inFlight.delete(server.id));
    this.#inFlight.set(server.id, refresh);
    return refresh;
  }

  /** Refreshes the server after the check in progress, which can have missed the latest change. */
  async refreshAgain(server: ServerRecord): Promise<ServerCheck> {
    await this.#inFlight.get(server.id);
    return this.refresh(server);
  }

  /** Starts a refresh of every server with an outdated catalogue; null: all are fresh. */
  refreshStale(servers: ServerRecord[], now: number): Promise<unknown> | null {
    const stale = servers.filter(
      (server) => (this.#checkStartedAt.get(server.id) ?? 0) <= now - TOOL_CATALOGUE_FRESH_MS,
    );
    for (const server of stale) this.#checkStartedAt.set(server.id, now);
    return stale.length > 0 ? Promise.all(stale.map((server) => this.refresh(server))) : null;
  }

  /** Checks servers that were never checked, and waits at most the merge budget; null: there are none. */
  checkNewServers(servers: ServerRecord[]): Promise<unknown> | null {
    const unchecked = servers.filter((server) => !this.checks.has(server.id));
    if (unchecked.length === 0) return null;
    const refreshes = Promise.all(unchecked.map((server) => this.refresh(server)));
    return withTimeout(refreshes, this.#deps.budgets.mergeMs);
  }

  /**
   * Probes whether modern servers also support legacy clients, which then need no translation. Waits at most the
   * merge budget; null: all were probed within a day.
   */
  detectLegacySupport(servers: ServerRecord[]): Promise<unknown> | null {
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const unknown = servers.filter(
      ({ id, era, legacy }) =>
        era === "modern" && legacy === null && (this.#legacyProbedAt.get(id) ?? 0) <= dueBefore,
    );
    if (unknown.length === 0) return null;
    for (const { id } of unknown) this.#legacyProbedAt.set(id, Date.now());
    const probes = Promise.all(
      unknown.map((server) => this.connections.run(() => this.#detectLegacyLeg(server))),
    );
    return withTimeout(probes, this.#deps.budgets.mergeMs);
  }

  async #detectLegacyLeg(server: ServerRecord): Promise<void> {
    const headers = await this.#deps.headersOf(server);
    if (!headers.ok) return;
    const peer = { url: server.url, headers: headers.headers };
    const legacy = await probeLegacySupport(peer, this.#deps.optionsFor(server));
    const { transport, protocolVersion } = server;
    if (!legacy || !transport || !protocolVersion) return;
    const detected = { transport, era: "modern", protocolVersion, stateful: false } as const;
    await this.#deps.onDetected(server, { ...detected, legacy });
  }

  /** The id of a session owner's session with a server; null: there is none. */
  findSession(serverId: string, sessionOwner: string): string | null {
    return this.#sessions.get(sessionKey(serverId, sessionOwner)) ?? null;
  }

  /** The newest session with a server, other than the lost one; null: none. */
  findOtherSession(serverId: string, lost: string | null): string | null {
    const sessions = this.#sessionsOf(serverId).filter((sessionId) => sessionId !== lost);
    return sessions.at(-1) ?? null;
  }

  /** Stores an owner's new session; null: the owner uses the newest other one. Returns the session to use, if any. */
  chooseSession(
    serverId: string,
    sessionOwner: string,
    sessionId: string | null,
    replaces: string | null,
  ): string | null {
    const usable = sessionId ?? this.findOtherSession(serverId, replaces);
    return usable && this.saveSession(serverId, sessionOwner, usable, replaces);
  }

  /** Whether two session owners use the same session: the server gives no second one. */
  hasSharedSession(serverId: string): boolean {
    const sessions = this.#sessionsOf(serverId);
    return new Set(sessions).size < sessions.length;
  }

  #sessionsOf(serverId: string): string[] {
    return [...this.#sessions].flatMap(([key, sessionId]) =>
      key.startsWith(sessionKey(serverId, "")) ? [sessionId] : [],
    );
  }

  /**
   * Stores a session in place of `replaces`, unless another one was stored since. Returns the id of the session to use.
   */
  saveSession(
    serverId: string,
    sessionOwner: string,
    sessionId: string,
    replaces: string | null,
  ): string {
    const key = sessionKey(serverId, sessionOwner);
    const current = this.#sessions.get(key);
    if (current !== undefined && current !== replaces) return current;
    // Delete first: a new entry goes to the end, so that the map, like the rows, is ordered by time of storage.
    this.#sessions.delete(key);
    this.#sessions.set(key, sessionId);
    this.#storage.saveSession(serverId, sessionOwner, sessionId);
    this.#dropOldSessions(serverId);
    return sessionId;
  }

  /** Forgets the oldest sessions above the maximum. The server ends them after its own timeout. */
  #dropOldSessions(serverId: string): void {
    const keys = [...this.#sessions.keys()].filter((key) =>
      key.startsWith(sessionKey(serverId, "")),
    );
    for (const key of keys.slice(0, -MAX_SESSIONS_PER_SERVER)) {
      this.#sessions.delete(key);
      this.#storage.deleteSession(serverId, key.slice(sessionKey(serverId, "").length));
    }
  }

  /** Forgets all state of a server whose URL changed or which was deleted. */
  forget(serverId: string): void {
    this.#markChanged();
    this.#checkStartedAt.delete(serverId);
    this.#inFlight.delete(serverId);
    this.catalogues.delete(serverId);
    this.checks.delete(serverId);
    for (const key of this.#sessions.keys()) {
      if (key.startsWith(sessionKey(serverId, ""))) this.#sessions.delete(key);
    }
    this.#storage.deleteCatalogue(serverId);
    this.#storage.deleteCheck(serverId);
    this.#storage.deleteSessions(serverId);
  }

  /** A stored session with what its server said in `initialize`; null: there is none, or the server is not known. */
  #toKeptSession(server: ServerRecord, sessionId: string | null): UpstreamSession | null {
    const catalogue = this.catalogues.get(server.id);
    const { protocolVersion, stateful } = server;
    if (sessionId === null || !catalogue || protocolVersion === null || !stateful) return null;
    const { capabilities, instructions, serverInfo, accepted = "all" } = catalogue;
    return { sessionId, protocolVersion, accepted, capabilities, instructions, serverInfo };
  }

  /** Stores the session of the catalogue, for the next refresh. */
  #keepSession({ id }: ServerRecord, session: UpstreamSession | null): void {
    const known = this.findSession(id, GATEWAY);
    if (session === null || session.sessionId === null || session.sessionId === known) return;
    this.saveSession(id, GATEWAY, session.sessionId, known);
  }

  #markChanged(): void {
    this.revision++;
    this.onChanged();
  }

  async #check(server: ServerRecord): Promise<ServerCheck> {
    const startedAt = Date.now();
    this.#checkStartedAt.set(server.id, startedAt);
    const error = await this.#fetch(server);
    const check = { checkedAt: Date.now(), latencyMs: Date.now() - startedAt, error };
    this.checks.set(server.id, check);
    this.#storage.saveCheck(server.id, check);
    return check;
  }

  async #fetch(server: ServerRecord): Promise<UpstreamError | null> {
    const headers = await this.#deps.headersOf(server);
    if (!headers.ok) return headers.error;
    const { budgets } = this.#deps;
    const options = {
      ...this.#deps.optionsFor(server),
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
    };
    let detected = toValidDetection(server, this.checks.get(server.id));
    let kept = this.#toKeptSession(server, this.findSession(server.id, GATEWAY));
    if (!detected) {
      const peer = { url: server.url, headers: headers.headers };
      const probed = await probe(peer, server.legacy !== null, options);
      if (!probed.ok) return probed.error;
      detected = probed.detected;
      kept = probed.session;
      this.#keepSession(server, kept);
      await this.#deps.onDetected(server, detected);
    }
    const { accepted } = this.catalogues.get(server.id) ?? {};
    const peer = { url: server.url, headers: headers.headers, detected, accepted };
    let fetched = await fetchCatalogue(peer, options, kept);
    if (!fetched.ok && fetched.isTaken) {
      const other = this.findOtherSession(server.id, kept?.sessionId ?? null);
      kept = this.#toKeptSession(server, other);
      if (kept) fetched = await fetchCatalogue(peer, options, kept);
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

/** The stored probe result; null: the server must be probed, after a failure or a day. */
function toValidDetection(server: ServerRecord, last: ServerCheck | undefined): Detected | null {
  const { transport, era, protocolVersion, stateful, legacy, probedAt } = server;
  if (!transport || !era || !protocolVersion || probedAt === null) return null;
  if (last?.error || probedAt <= Date.now() - PROBE_VALID_MS) return null;
  return { transport, era, protocolVersion, stateful, legacy };
}
