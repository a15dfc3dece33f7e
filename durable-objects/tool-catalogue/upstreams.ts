import {
  MAX_RESPONSE_BYTES,
  PROBE_VALID_MS,
  REFRESH_INTERVAL_MS,
} from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ToolCatalogue,
  ServerCheck,
  UpstreamError,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { MINUTE_MS } from "../../workers/contract/units.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { fetchCatalogue } from "../../workers/upstream/fetch-catalogue.ts";
import { type Peer, type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { probe, type Probed } from "../../workers/upstream/probe.ts";
import type { UpstreamSession } from "../../workers/upstream/upstream-sessions.ts";
import { GATEWAY } from "../credentials/connection-index.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { AskingServers } from "./asking-servers.ts";
import { CheckQueue, type CheckTurn } from "./check-queue.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { CircuitBreakers } from "./circuit-breakers.ts";
import { fetchWithHeaders } from "./fetch-with-headers.ts";
import { FloodedServers } from "./flooded-servers.ts";
import { LegacySupport } from "./legacy-support.ts";
import { ServedCatalogues } from "./served-catalogues.ts";
import { toDetection, toIdentity, toPeer } from "./server-values.ts";
import type { SentHeaders, UpstreamDependencies } from "./server-values.ts";
import { StoredSessions } from "./stored-sessions.ts";

/** A check that succeeds like the one before it is stored after this time: every request can cause checks. */
const CHECK_STORED_FOR_MS = 10 * MINUTE_MS;

/** The state of the workspace's servers: tool catalogues, last checks and upstream sessions, stored in SQLite. */
export class Upstreams {
  readonly catalogues: ReadonlyMap<string, ToolCatalogue>;
  readonly served: ServedCatalogues;
  readonly checks: Map<string, ServerCheck>;
  readonly sessions: StoredSessions;
  readonly asking: AskingServers;
  readonly #storage: WorkspaceStorage;
  readonly #deps: UpstreamDependencies;
  /** When the stored check of a server was made, epoch ms. */
  readonly #checkStoredAt = new Map<string, number>();
  readonly #schedule = new CheckSchedule();
  /** When (epoch ms) tools were first listed that were not in their server's first list, by the tool's name. */
  readonly loadNewTools: (serverId: string) => Map<string, number>;
  /** Servers that are down, to which no calls are sent. */
  readonly circuits = new CircuitBreakers();
  /** Servers that are not listened to, because they sent too many change notifications. */
  readonly flooded: FloodedServers;
  /** Last start of `refreshRarely` for each server, epoch ms. */
  readonly #rarelyAt = new Map<string, number>();
  /** Until when (epoch ms) requests wait for the first check of a server. */
  readonly #awaitedUntil = new Map<string, number>();
  /** Which modern servers also support legacy clients. */
  readonly legacySupport: LegacySupport;
  readonly #inFlight = new Map<string, Promise<ServerCheck>>();
  readonly queue: CheckQueue;
  /** Increases with each change of what clients get. */
  revision = 0;
  /** Called after `revision` has increased. */
  onChanged: () => void = () => undefined;

  constructor(storage: WorkspaceStorage, deps: UpstreamDependencies) {
    this.#storage = storage;
    this.loadNewTools = (serverId) => storage.loadNewTools(serverId);
    this.#deps = deps;
    this.queue = new CheckQueue(deps.budgets.mergeMs);
    this.legacySupport = new LegacySupport(deps, (work) => this.queue.connect(work));
    this.served = new ServedCatalogues(storage, (serverId) => deps.termsOf(serverId));
    this.catalogues = this.served.catalogues;
    this.checks = new Map();
    for (const [id, { failures = 0, ...check }] of storage.loadChecks()) {
      this.checks.set(id, check);
      this.#checkStoredAt.set(id, check.checkedAt);
      if (failures > 0) this.#schedule.end(id, check.checkedAt, failures, Math.random());
    }
    this.sessions = new StoredSessions(storage);
    this.asking = new AskingServers(storage);
    this.flooded = new FloodedServers(storage);
  }

  /** Checks the server and fetches its catalogue, or joins the check in progress. */
  refresh(server: ServerRecord): Promise<ServerCheck> {
    const running = this.#inFlight.get(server.id);
    if (running) return running;
    // False after a change that outdates all that is known of the server.
    const isCurrent = () => this.#inFlight.get(server.id) === refresh;
    const refresh = this.queue
      .check(server.id, (turn) => this.#check(server, turn, isCurrent))
      .finally(() => {
        if (isCurrent()) this.#inFlight.delete(server.id);
      });
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
    this.flooded.forget(id);
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

  /** Applies the policy and the contract that a server has now to what it shows. */
  applyTerms(serverId: string): void {
    if (this.served.apply(serverId)) this.#markChanged();
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

  /**
   * Forgets the sessions of a server at which the gateway has signed in or out: they are bound to who opened them.
   * `memberId`: whose account it is; null: the workspace's.
   */
  handleSignIn(id: string, memberId: string | null): void {
    this.forgetFailures(id);
    if (memberId === null) this.sessions.forget(id);
    else this.sessions.forgetOwner(id, memberId);
  }

  #forget(serverId: string): void {
    this.#markChanged();
    this.#inFlight.delete(serverId);
    this.queue.forget(serverId);
    this.served.delete(serverId);
    this.checks.delete(serverId);
    this.#checkStoredAt.delete(serverId);
    this.#storage.deleteCheck(serverId);
    this.sessions.forget(serverId);
    this.asking.forget(serverId);
  }

  /** A stored session with what its server said in `initialize`; null: there is none, or the server is not known. */
  toKeptSession(server: ServerRecord, sessionId: string | null): UpstreamSession | null {
    const catalogue = this.served.observed(server.id);
    const { protocolVersion, stateful } = server;
    if (sessionId === null || !catalogue || protocolVersion === null || !stateful) return null;
    const { capabilities, instructions, serverInfo, leadsTo, accepted = "all" } = catalogue;
    const introduction = { capabilities, instructions, serverInfo, ...(leadsTo && { leadsTo }) };
    return { sessionId, protocolVersion, accepted, ...introduction };
  }

  /**
   * Stores the session of the catalogue, for the next refresh. Where each person has an account, another person's can be used
   * then.
   */
  #keepSession({ id, perPerson }: ServerRecord, session: UpstreamSession | null): void {
    if (perPerson !== null) return;
    const known = this.sessions.find(id, GATEWAY);
    if (session === null || session.sessionId === null || session.sessionId === known) return;
    this.sessions.save(id, GATEWAY, session.sessionId, known);
  }

  #markChanged(): void {
    this.revision++;
    this.onChanged();
  }

  async #check(
    server: ServerRecord,
    turn: CheckTurn,
    isCurrent: () => boolean,
  ): Promise<ServerCheck> {
    const { id, slug } = server;
    const startedAt = Date.now();
    this.#schedule.start(id, startedAt);
    const error = await fetchWithHeaders(server, this.#deps, turn.signal, (sent) =>
      this.#fetch(server, sent, turn, isCurrent),
    );
    // Its tools are our own: kept, they would come back under a longer name with each refresh.
    const isLoop = error?.code === "upstream_loop" && isCurrent();
    if (isLoop && this.served.delete(id)) this.#markChanged();
    const check = { checkedAt: Date.now(), latencyMs: Date.now() - startedAt, error };
    if (isRepeated(error, turn) || !isCurrent()) return check;
    const failures = error ? this.#schedule.failuresOf(id) + 1 : 0;
    this.#schedule.end(id, startedAt, failures, Math.random());
    if (!error) this.circuits.close(slug);
    const isNews = failures > 0 || (this.checks.get(id)?.error ?? null) !== null;
    this.checks.set(id, check);
    if (isNews || (this.#checkStoredAt.get(id) ?? 0) <= startedAt - CHECK_STORED_FOR_MS) {
      this.#storage.saveCheck(id, { ...check, failures });
      this.#checkStoredAt.set(id, check.checkedAt);
    }
    return check;
  }

  /** The server's protocol with the session to use: as stored, or probed again after a failure and after a day. */
  async #detect(
    server: ServerRecord,
    peer: Peer,
    options: UpstreamOptions,
    isCurrent: () => boolean,
  ): Promise<Probed> {
    const detected = toDetection(server);
    const session = this.toKeptSession(server, this.sessions.find(server.id, GATEWAY));
    const dueBefore = Date.now() - PROBE_VALID_MS;
    const isDue = this.checks.get(server.id)?.error || (server.probedAt ?? 0) <= dueBefore;
    if (detected && !isDue) return { ok: true, detected, session };
    const probed = await probe(peer, server.legacy !== null, options);
    if (probed.ok) {
      if (isCurrent()) this.#keepSession(server, probed.session);
      await this.#deps.onDetected(server, probed.detected);
      return probed;
    }
    // A server whose one session is open still speaks as it did.
    return probed.isTaken && detected ? { ok: true, detected, session } : probed;
  }

  async #fetch(
    server: ServerRecord,
    sent: SentHeaders,
    turn: CheckTurn,
    isCurrent: () => boolean,
  ): Promise<UpstreamError | null> {
    const { budgets } = this.#deps;
    const options = {
      ...this.#deps.optionsFor(server),
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
      ...turn,
    };
    const reached = toPeer(server, sent);
    const probed = await this.#detect(server, reached, options, isCurrent);
    if (!probed.ok) return probed.error;
    const { detected, session } = probed;
    const { accepted } = this.served.observed(server.id) ?? {};
    const peer = { ...reached, detected, accepted };
    let fetched = await fetchCatalogue(peer, options, session);
    // Another person's session is theirs alone.
    if (!fetched.ok && fetched.isTaken && server.perPerson === null) {
      const other = this.sessions.findOther(server.id, session?.sessionId ?? null);
      const shared = this.toKeptSession(server, other);
      if (shared) fetched = await fetchCatalogue(peer, options, shared);
    }
    if (!fetched.ok) return fetched.error;
    if (!isCurrent()) return null;
    this.#keepSession(server, fetched.session);
    if (this.served.save(server.id, fetched.catalogue)) this.#markChanged();
    await this.#deps.onObserved(server);
    return null;
  }
}

/** Whether the check starts again: it gave its connection to another one, or gets a turn in which it can read more. */
function isRepeated(error: UpstreamError | null, { signal, maxMessageBytes }: CheckTurn): boolean {
  const isLimited = maxMessageBytes < MAX_RESPONSE_BYTES;
  return signal.aborted || (isLimited && error?.code === "upstream_too_large");
}
