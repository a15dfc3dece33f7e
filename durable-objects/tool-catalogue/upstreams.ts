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
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { fetchCatalogue } from "../../workers/upstream/fetch-catalogue.ts";
import { type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { probe, probeLegacyLeg } from "../../workers/upstream/probe.ts";
import { sessionKey, type WorkspaceStorage } from "../storage/workspace-storage.ts";

/** Of the six connections that may wait for headers at once, one stays free for D1 and the queue. */
const MAX_REFRESHES_AT_ONCE = 5;

/** Sessions kept of one server. */
const MAX_SESSIONS_PER_SERVER = 1_000;

export type HeadersResult =
  | { ok: true; headers: Record<string, string> }
  | { ok: false; error: UpstreamError };

interface Dependencies {
  budgets: Budgets;
  optionsFor(server: ServerRecord): UpstreamOptions;
  headersOf(server: ServerRecord): Promise<HeadersResult>;
  /** Called when a probe found something else than the record says. */
  onDetected(server: ServerRecord, detected: Detected): Promise<void>;
}

/** What is known of the workspace's servers: last known catalogues, last checks, sessions. Refreshes one server once at a time. */
export class Upstreams {
  readonly catalogues: Map<string, ToolCatalogue>;
  readonly checks: Map<string, ServerCheck>;
  readonly #sessions: Map<string, string>;
  readonly #storage: WorkspaceStorage;
  readonly #deps: Dependencies;
  readonly #attempts = new Map<string, number>();
  readonly #legacyAskedAt = new Map<string, number>();
  readonly #inFlight = new Map<string, Promise<ServerCheck>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Grows whenever a catalogue becomes another. */
  generation = 0;
  /** Called when it has grown. */
  onChanged: () => void = () => undefined;

  constructor(storage: WorkspaceStorage, deps: Dependencies) {
    this.#storage = storage;
    this.#deps = deps;
    this.catalogues = storage.loadCatalogues();
    this.checks = storage.loadChecks();
    this.#sessions = storage.loadSessions();
  }

  /** Looks at the server now, or joins the look that is under way. Never throws. */
  refresh(server: ServerRecord): Promise<ServerCheck> {
    const running = this.#inFlight.get(server.id);
    if (running) return running;
    const refresh = this.withSlot(() => this.#look(server)).finally(() =>
      this.#inFlight.delete(server.id),
    );
    this.#inFlight.set(server.id, refresh);
    return refresh;
  }

  /** Looks at the server after this moment: a look that is under way may have missed what is new. */
  async refreshAnew(server: ServerRecord): Promise<ServerCheck> {
    await this.#inFlight.get(server.id);
    return this.refresh(server);
  }

  /** Starts a refresh of every server whose catalogue is not fresh, and returns at once. */
  refreshStale(servers: ServerRecord[], now: number): Promise<unknown> | null {
    const stale = servers.filter(
      (server) => (this.#attempts.get(server.id) ?? 0) <= now - TOOL_CATALOGUE_FRESH_MS,
    );
    for (const server of stale) this.#attempts.set(server.id, now);
    return stale.length > 0 ? Promise.all(stale.map((server) => this.refresh(server))) : null;
  }

  /** Waits, within the merge budget, for servers that nobody has ever looked at; null: there are none. */
  firstLook(servers: ServerRecord[]): Promise<unknown> | null {
    const unseen = servers.filter((server) => !this.checks.has(server.id));
    if (unseen.length === 0) return null;
    const looking = Promise.all(unseen.map((server) => this.refresh(server)));
    return withTimeout(looking, this.#deps.budgets.mergeMs);
  }

  /**
   * Asks modern servers whether they also answer older clients, which are then best served in their own era, and waits for
   * it within the merge budget; null: there is nothing to ask.
   */
  learnLegacy(servers: ServerRecord[]): Promise<unknown> | null {
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const unknown = servers.filter(
      ({ id, era, legacy }) =>
        era === "modern" && legacy === null && (this.#legacyAskedAt.get(id) ?? 0) <= dueBefore,
    );
    if (unknown.length === 0) return null;
    for (const { id } of unknown) this.#legacyAskedAt.set(id, Date.now());
    const asking = Promise.all(unknown.map((server) => this.withSlot(() => this.#ask(server))));
    return withTimeout(asking, this.#deps.budgets.mergeMs);
  }

  async #ask(server: ServerRecord): Promise<void> {
    const headers = await this.#deps.headersOf(server);
    if (!headers.ok) return;
    const peer = { url: server.url, headers: headers.headers };
    const legacy = await probeLegacyLeg(peer, this.#deps.optionsFor(server));
    const { transport, protocolVersion } = server;
    if (!legacy || !transport || !protocolVersion) return;
    const detected = { transport, era: "modern", protocolVersion, stateful: false } as const;
    await this.#deps.onDetected(server, { ...detected, legacy });
  }

  session(serverId: string, principal: string): string | null {
    return this.#sessions.get(sessionKey(serverId, principal)) ?? null;
  }

  /** Keeps a principal's session, unless another was stored meanwhile. Returns the one that holds from now on. */
  saveSession(
    serverId: string,
    principal: string,
    sessionId: string,
    replaces: string | null,
  ): string {
    const key = sessionKey(serverId, principal);
    const current = this.#sessions.get(key);
    if (current !== undefined && current !== replaces) return current;
    // Anew at the end: the map's order, like that of the rows, is that of use.
    this.#sessions.delete(key);
    this.#sessions.set(key, sessionId);
    this.#storage.saveSession(serverId, principal, sessionId);
    this.#dropOldSessions(serverId);
    return sessionId;
  }

  /** Clients come and go, each with a session: the server is left to end those that nobody used for long. */
  #dropOldSessions(serverId: string): void {
    const keys = [...this.#sessions.keys()].filter((key) =>
      key.startsWith(sessionKey(serverId, "")),
    );
    for (const key of keys.slice(0, -MAX_SESSIONS_PER_SERVER)) {
      this.#sessions.delete(key);
      this.#storage.deleteSession(serverId, key.slice(sessionKey(serverId, "").length));
    }
  }

  /** Forgets what was learnt from a server that changed or is gone. */
  forget(serverId: string): void {
    this.#grow();
    this.#attempts.delete(serverId);
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

  #grow(): void {
    this.generation++;
    this.onChanged();
  }

  async #look(server: ServerRecord): Promise<ServerCheck> {
    const startedAt = Date.now();
    this.#attempts.set(server.id, startedAt);
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
    let detected = knownOf(server, this.checks.get(server.id));
    if (!detected) {
      const peer = { url: server.url, headers: headers.headers };
      const probed = await probe(peer, server.legacy !== null, options);
      if (!probed.ok) return probed.error;
      detected = probed.detected;
      await this.#deps.onDetected(server, detected);
    }
    const fetched = await fetchCatalogue(
      { url: server.url, headers: headers.headers, detected },
      options,
    );
    if (!fetched.ok) return fetched.error;
    if (JSON.stringify(this.catalogues.get(server.id)) !== JSON.stringify(fetched.catalogue)) {
      this.catalogues.set(server.id, fetched.catalogue);
      this.#storage.saveCatalogue(server.id, fetched.catalogue);
      this.#grow();
    }
    return null;
  }

  /** Runs work that waits for response headers, as soon as few enough others do. */
  async withSlot<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_REFRESHES_AT_ONCE)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

/** What the record says of the server, while that can be relied on: a failure or a day's age calls for a new probe. */
function knownOf(server: ServerRecord, last: ServerCheck | undefined): Detected | null {
  const { transport, era, protocolVersion, stateful, legacy, probedAt } = server;
  if (!transport || !era || !protocolVersion || probedAt === null) return null;
  if (last?.error || probedAt <= Date.now() - PROBE_VALID_MS) return null;
  return { transport, era, protocolVersion, stateful, legacy };
}
