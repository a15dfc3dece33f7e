import { maxExposedNameLength } from "../../workers/contract/connection-name.ts";
import type { ClientInfo, StopCause } from "../../workers/contract/records/stop.ts";
import type {
  EntityChange,
  Era,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { NameChange } from "../../workers/contract/rpc/tool-catalogue.ts";
import { isObject } from "../../workers/mcp/json.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { timeoutError } from "../../workers/upstream/upstream-errors.ts";
import type { CallLog } from "../audit/call-log.ts";
import type { Connections } from "../credentials/connections.ts";
import { CallLeases } from "../elicitation/call-leases.ts";
import { HttpSseLeases } from "../http-sse/session-leases.ts";
import type { AccessPolicy } from "../policy/access-policy.ts";
import { isBlocked } from "../policy/blocked-clients.ts";
import { limitToolAccess } from "../policy/tool-access.ts";
import { openPolicy } from "../policy/tool-classes.ts";
import { applyChange, type WorkspaceStorage } from "../storage/workspace-storage.ts";
import {
  listOwners,
  nameCatalogue,
  type CatalogueNames,
} from "../tool-catalogue/catalogue-names.ts";
import type { CheckRhythm } from "../tool-catalogue/check-rhythm.ts";
import { MergedCatalogue } from "../tool-catalogue/merged-catalogue.ts";
import { listNameChanges } from "../tool-catalogue/name-changes.ts";
import {
  NO_NAMES,
  toSeeded,
  type NameOwners,
  type WantedNames,
} from "../tool-catalogue/name-owners.ts";
import type { RecordedChecks } from "../tool-catalogue/recorded-checks.ts";
import type { ServedView } from "../tool-catalogue/served-catalogues.ts";
import type { HeadersResult } from "../tool-catalogue/server-values.ts";
import type { Upstreams } from "../tool-catalogue/upstreams.ts";
import { toAccountLink } from "./account-link.ts";
import { findEndpoint, type EndpointResult } from "./call-route.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { TokenConnections } from "./token-connections.ts";
import { TokenOwners, toTokenOwnerId, type TokenOwner } from "./token-owners.ts";

interface Parts {
  config: WorkspaceConfig;
  callLog: CallLog;
  limiter: RateLimiter;
  upstreams: Upstreams;
  nameOwners: NameOwners;
  storage: WorkspaceStorage;
  checkRhythm: CheckRhythm;
  recordedChecks: RecordedChecks;
  headersOf: (server: ServerRecord, caller: string) => Promise<HeadersResult>;
  optionsFor: (server: ServerRecord) => UpstreamOptions;
  connections: Connections;
}

/** A server whose calls keep failing is down if it does not pass its check within this time. */
const SUSPECT_CHECK_MS = 10_000;

/** A workspace in memory: its configuration with lookups, its call log, and the state of its servers. */
export class LoadedWorkspace {
  readonly config: WorkspaceConfig;
  readonly callLog: CallLog;
  readonly limiter: RateLimiter;
  readonly upstreams: Upstreams;
  /** The names that are given, and those that were lost. */
  readonly nameOwners: NameOwners;
  readonly checkRhythm: CheckRhythm;
  readonly recordedChecks: RecordedChecks;
  readonly connections: Connections;
  /** What members may call. Another one after each change. */
  policy: AccessPolicy;
  readonly tokenConnections = new TokenConnections();
  readonly httpSseLeases = new HttpSseLeases(this);
  readonly callLeases: CallLeases;
  /** All headers for a request of a token owner (its id), or of `GATEWAY`, to the server, with the credentials. */
  readonly headersOf: Parts["headersOf"];
  /** Time budgets and egress rules for requests to the server. */
  readonly optionsFor: Parts["optionsFor"];
  /** Distinguishes list versions of this instance from those before an eviction. */
  readonly #instanceId = crypto.randomUUID();
  #revision = 0;
  #onChange: () => void = () => undefined;
  #tokenOwners: TokenOwners;
  #enabled: ServerRecord[] = [];
  #merged: { version: string; catalogue: MergedCatalogue } | null = null;

  constructor(parts: Parts) {
    this.config = parts.config;
    this.callLog = parts.callLog;
    this.limiter = parts.limiter;
    this.upstreams = parts.upstreams;
    this.nameOwners = parts.nameOwners;
    this.callLeases = new CallLeases(this, parts.storage);
    this.checkRhythm = parts.checkRhythm;
    this.recordedChecks = parts.recordedChecks;
    this.headersOf = parts.headersOf;
    this.optionsFor = parts.optionsFor;
    this.connections = parts.connections;
    this.policy = openPolicy(this.config, this.upstreams.served);
    this.#tokenOwners = new TokenOwners(this.config, this.policy);
    this.#index();
  }

  /** Enabled servers by position. */
  get enabledServers(): ServerRecord[] {
    return this.#enabled;
  }

  /** The server, for a check at an admin's request: what kept it waiting is forgotten, also its listener's wait. */
  takeForCheck(serverId: string): ServerRecord | undefined {
    this.upstreams.forgetFailures(serverId);
    this.#onChange();
    return this.config.servers.get(serverId);
  }

  /**
   * Null for a token that is unknown, revoked, expired or whose member is gone, and for one that a stop refuses. Without
   * `client`, no client is blocked. `server`: as for `limitToServer`.
   */
  findTokenOwner(
    digest: string,
    now: number,
    client?: ClientInfo,
    server?: string,
  ): TokenOwner | null {
    const found = this.findStoppableOwner(digest, now, client);
    return found && found.stop === null ? this.limitToServer(found.owner, server) : null;
  }

  /**
   * The owner as it is at the address of one server, by the server's slug; undefined: at the workspace's address. Null: there
   * is no such server, it is disabled, or the owner may call nothing of it.
   */
  limitToServer(owner: TokenOwner, slug: string | undefined): TokenOwner | null {
    if (slug === undefined) return owner;
    const server = this.#enabled.find((enabled) => enabled.slug === slug);
    if (!server || !owner.access.mayKnowServer(server.id)) return null;
    return { ...owner, access: limitToolAccess(owner.access, server.id) };
  }

  /** As `findTokenOwner`, but also finds the owner of a token that a stop refuses, with its cause. */
  findStoppableOwner(
    digest: string,
    now: number,
    client?: ClientInfo,
  ): { owner: TokenOwner; stop: StopCause | null } | null {
    const owner = this.#tokenOwners.find(digest, now);
    if (!owner) return null;
    const { blockedClients } = this.config.workspace;
    const isClientBlocked = client !== undefined && isBlocked(blockedClients, client);
    return { owner, stop: owner.stop ?? (isClientBlocked ? "client_blocked" : null) };
  }

  /** Sets the listener that is called when token owners, or the lists that they see, can have changed. */
  setChangeListener(listener: () => void): void {
    this.#onChange = listener;
    this.upstreams.onChanged = listener;
  }

  /** The workspace is deleted: no token is valid any more. */
  handleDeletion(): void {
    this.#onChange();
  }

  /** Takes over a configuration that was read from D1 again. */
  replace(config: WorkspaceConfig): void {
    const known = [...this.config.servers.keys(), ...config.servers.keys()];
    Object.assign(this.config, config);
    this.#index();
    for (const id of new Set(known)) this.upstreams.applyTerms(id);
  }

  apply(changes: EntityChange[]): void {
    for (const change of changes) applyChange(this.config, change);
    this.#index();
    for (const { kind, id } of changes) if (kind === "server") this.upstreams.applyTerms(id);
  }

  /** As `apply`, for changes by people: forgets what they outdate of servers. */
  applyAndForget(changes: EntityChange[]): void {
    const servers = new Map(this.config.servers);
    const connections = new Map(this.config.connections);
    this.apply(changes);
    for (const { kind, id, value } of changes) {
      if (kind === "server") this.upstreams.handleChange(id, servers.get(id), value);
      const signedIn = kind === "connection" ? (value ?? connections.get(id)) : undefined;
      if (signedIn) this.upstreams.handleSignIn(signedIn.serverId, signedIn.memberId);
    }
  }

  catalogue(): MergedCatalogue {
    const version = `${this.#instanceId}.${this.#revision}.${this.upstreams.revision}`;
    if (this.#merged?.version !== version) {
      const { served } = this.upstreams;
      const catalogue = new MergedCatalogue(version, this.#enabled, served, this.#giveNames());
      this.#merged = { version, catalogue };
    }
    return this.#merged.catalogue;
  }

  /** Gives each name to a server, and stores what changed: a restart must not give it to another one. */
  #giveNames(): CatalogueNames {
    const servers = [...this.config.servers.values()];
    const names = this.previewNames(servers);
    this.nameOwners.save(listOwners(names), servers);
    return names;
  }

  /** The names with other servers, other served lists, and names that they have to have. Stores nothing. */
  previewNames(
    servers: ServerRecord[],
    wanted: WantedNames = NO_NAMES,
    served: ServedView = this.upstreams.served,
  ): CatalogueNames {
    const maxLength = maxExposedNameLength(this.config.workspace.slug);
    return nameCatalogue(servers, served, toSeeded(this.nameOwners, wanted), maxLength);
  }

  /** Has names be those of a version or document from now on, where they are free. */
  seedNames(wanted: WantedNames): void {
    this.nameOwners.seed(wanted);
    this.#merged = null;
  }

  /** The exposed names that change if a server gets another prefix. Stores nothing. */
  previewPrefix(serverId: string, prefix: string | null): NameChange[] {
    const servers = [...this.config.servers.values()];
    const after = this.previewNames(
      servers.map((server) => (server.id === serverId ? { ...server, prefix } : server)),
    );
    return listNameChanges(servers, this.nameOwners.had, after);
  }

  /** Whether the server sends `notifications/resources/updated` (its capability `resources.subscribe`). */
  announcesUpdates(server: ServerRecord): boolean {
    // The gateway listens with one account, and another person's can have other resources.
    if (server.perPerson !== null) return false;
    const resources = this.upstreams.catalogues.get(server.id)?.capabilities["resources"];
    return isObject(resources) && resources["subscribe"] === true;
  }

  /** Writes outcomes to the call log, and checks servers whose calls keep failing. */
  recordOutcomes(outcomes: string): void {
    this.callLog.recordOutcomes(outcomes);
    const suspects = this.upstreams.circuits.receive(outcomes, Date.now(), Math.random());
    for (const slug of suspects) void this.#checkSuspect(slug);
  }

  async #checkSuspect(slug: string): Promise<void> {
    const server = [...this.config.servers.values()].find((known) => known.slug === slug);
    const check =
      server && (await withTimeout(this.upstreams.refreshAgain(server), SUSPECT_CHECK_MS));
    const error = check === "late" ? timeoutError(SUSPECT_CHECK_MS) : (check?.error ?? null);
    this.upstreams.circuits.handleCheck(slug, error, Date.now(), Math.random());
  }

  /** Where and how to send requests of a token owner's client of this era to the server, with the credentials. */
  findEndpoint(server: ServerRecord, clientEra: Era, owner: TokenOwner): Promise<EndpointResult> {
    const { checks, catalogues } = this.upstreams;
    const lastError = checks.get(server.id)?.error ?? null;
    const accepted = catalogues.get(server.id)?.accepted ?? "all";
    const account = toAccountLink(this.config, server, owner);
    const headersOf = () => this.headersOf(server, toTokenOwnerId(owner));
    const { workspace } = this.config;
    return findEndpoint(server, clientEra, { workspace, lastError, accepted, account }, headersOf);
  }

  #index(): void {
    this.#revision++;
    this.policy = openPolicy(this.config, this.upstreams.served);
    this.#tokenOwners = new TokenOwners(this.config, this.policy);
    this.connections.handleChange();
    this.#enabled = [...this.config.servers.values()]
      .filter((server) => server.enabled)
      .toSorted((a, b) => a.position - b.position);
    this.#onChange();
  }
}
