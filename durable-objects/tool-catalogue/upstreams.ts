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
import { type Peer, type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { probe, probeLegacySupport, type Probed } from "../../workers/upstream/probe.ts";
import type { UpstreamSession } from "../../workers/upstream/upstream-sessions.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { StoredSessions } from "./stored-sessions.ts";

/**
 * Of the six connections that can wait for response headers (a platform limit), one stays free for D1 and the queue.
 */
const MAX_WAITING_CONNECTIONS = 5;

/** The owner of the session with which the gateway fetches a catalogue. No member's or token's id. */
const GATEWAY = "gateway";

/** The headers for a request to a server, credentials included; `credentials`: the names of the secret ones. */
export type HeadersResult =
  | { ok: true; headers: Record<string, string>; credentials: string[] }
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
  readonly sessions: StoredSessions;
  readonly #storage: WorkspaceStorage;
  readonly #deps: Dependencies;
  /** Start of each server's last check, epoch ms. */
  readonly #checkStartedAt = new Map<string, number>();
  /** Last probe of each modern server for legacy support, epoch ms. */
  readonly #legacyProbedAt = new Map<string, number>();
  /** Probes for legacy support in progress. */
  readonly #legacyProbes = new Map<string, Promise<void>>();
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
    this.sessions = new StoredSessions(storage);
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
   * Probes whether modern servers also support legacy clients, which then need no translation, and have tasks for them.
   * Waits at most the merge budget, for probes in progress, too; null: all were probed within a day.
   */
  detectLegacySupport(servers: ServerRecord[]): Promise<unknown> | null {
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const due = servers.filter(
      ({ id, era, legacy }) =>
        era === "modern" &&
        legacy?.tasks === undefined &&
        (this.#legacyProbedAt.get(id) ?? 0) <= dueBefore,
    );
    for (const server of due) {
      this.#legacyProbedAt.set(server.id, Date.now());
      const probe = this.connections
        .run(() => this.#detectLegacyLeg(server))
        .finally(() => this.#legacyProbes.delete(server.id));
      this.#legacyProbes.set(server.id, probe);
    }
    const running = servers.flatMap(({ id }) => this.#legacyProbes.get(id) ?? []);
    return running.length > 0
      ? withTimeout(Promise.all(running), this.#deps.budgets.mergeMs)
      : null;
  }

  async #detectLegacyLeg(server: ServerRecord): Promise<void> {
    const sent = await this.#deps.headersOf(server);
    if (!sent.ok) return;
    const peer = toPeer(server, sent);
    const legacy = await probeLegacySupport(peer, this.#deps.optionsFor(server));
    const { transport, protocolVersion } = server;
    if (!legacy || !transport || !protocolVersion) return;
    const detected = { transport, era: "modern", protocolVersion, stateful: false } as const;
    await this.#deps.onDetected(server, { ...detected, legacy });
  }

  /**
   * Forgets what a change of a server outdates: everything if its URL changed or it was deleted, and its sessions if its
   * headers or credentials changed, because the server can have bound a session to who opened it.
   */
  handleChange(id: string, before: ServerRecord | undefined, after: ServerRecord | null): void {
    if (after?.url !== before?.url) this.#forget(id);
    else if (toIdentity(after) !== toIdentity(before)) this.sessions.forget(id);
  }

  #forget(serverId: string): void {
    this.#markChanged();
    this.#checkStartedAt.delete(serverId);
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
    const { capabilities, instructions, serverInfo, accepted = "all" } = catalogue;
    return { sessionId, protocolVersion, accepted, capabilities, instructions, serverInfo };
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

  async #check(server: ServerRecord): Promise<ServerCheck> {
    const startedAt = Date.now();
    this.#checkStartedAt.set(server.id, startedAt);
    const error = await this.#fetch(server);
    const check = { checkedAt: Date.now(), latencyMs: Date.now() - startedAt, error };
    this.checks.set(server.id, check);
    this.#storage.saveCheck(server.id, check);
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

  async #fetch(server: ServerRecord): Promise<UpstreamError | null> {
    const sent = await this.#deps.headersOf(server);
    if (!sent.ok) return sent.error;
    const { budgets } = this.#deps;
    const options = {
      ...this.#deps.optionsFor(server),
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
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

function toPeer(
  { url }: ServerRecord,
  { headers, credentials }: Extract<HeadersResult, { ok: true }>,
): Peer {
  return { url, headers, credentials };
}

/** What identifies the gateway to a server. */
function toIdentity(server: ServerRecord | null | undefined): string {
  return JSON.stringify([server?.headers, server?.credentials]);
}

/** The stored probe result; null: the server was never probed. */
function toDetection(server: ServerRecord): Detected | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  return { transport, era, protocolVersion, stateful, legacy };
}
