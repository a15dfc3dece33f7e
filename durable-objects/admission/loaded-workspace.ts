import type { CallStatus } from "../../workers/contract/records/audit.ts";
import type {
  EntityChange,
  Era,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import {
  ANSWER_METHOD,
  HEALTH_METHOD,
  type Admission,
  type AdmitRequest,
  type ReauthorizeRequest,
  type Endpoint,
  type CallRoute,
  type ServerHealth,
} from "../../workers/contract/rpc/admission.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import type { CallLog } from "../audit/call-log.ts";
import { applyChange } from "../storage/workspace-storage.ts";
import { MergedCatalogue, toHealth, type Resolved } from "../tool-catalogue/merged-catalogue.ts";
import type { HeadersResult, Upstreams } from "../tool-catalogue/upstreams.ts";
import { findEndpoint, openCall, sessionOwner, type EndpointFound } from "./call-route.ts";
import { decideAdmission, isCall, isSubscription, takeFromLimits } from "./decide-admission.ts";
import { RateLimiter } from "./rate-limit.ts";
import { TokenOwners, type TokenOwner } from "./token-owners.ts";

interface Parts {
  config: WorkspaceConfig;
  ledger: CallLog;
  upstreams: Upstreams;
  headersOf: (server: ServerRecord) => Promise<HeadersResult>;
  optionsFor: (server: ServerRecord) => UpstreamOptions;
}

/** A workspace in memory: its configuration with the lookups that admission needs, its book, limits and servers. */
export class LoadedWorkspace {
  readonly config: WorkspaceConfig;
  readonly ledger: CallLog;
  readonly upstreams: Upstreams;
  /** All headers for a request to the server, with its credentials. */
  readonly headersOf: Parts["headersOf"];
  /** How the server is reached. */
  readonly optionsFor: Parts["optionsFor"];
  readonly #limiter = new RateLimiter();
  /** Makes list versions of this life of the object differ from those of earlier ones. */
  readonly #life = crypto.randomUUID();
  #revision = 0;
  #onChanged: () => void = () => undefined;
  #principals: TokenOwners;
  #enabled: ServerRecord[] = [];
  #merged: { version: string; catalogue: MergedCatalogue } | null = null;

  constructor(parts: Parts) {
    this.config = parts.config;
    this.ledger = parts.ledger;
    this.upstreams = parts.upstreams;
    this.headersOf = parts.headersOf;
    this.optionsFor = parts.optionsFor;
    this.#principals = new TokenOwners(this.config);
    this.#index();
  }

  /** Enabled servers by position. */
  get enabledServers(): ServerRecord[] {
    return this.#enabled;
  }

  serverBySlug(slug: string): ServerRecord | undefined {
    return [...this.config.servers.values()].find((server) => server.slug === slug);
  }

  /** Whose token this is; null for one that is unknown, revoked, expired or whose member is gone. */
  findPrincipal(digest: string, now: number): TokenOwner | null {
    return this.#principals.find(digest, now);
  }

  /** Has the listener called whenever principals, or what they see, may have changed. */
  tellOfChanges(listener: () => void): void {
    this.#onChanged = listener;
    this.upstreams.onChanged = listener;
  }

  /** Takes over a configuration that was read anew. */
  replace(config: WorkspaceConfig): void {
    Object.assign(this.config, config);
    this.#index();
  }

  apply(changes: EntityChange[]): void {
    for (const change of changes) applyChange(this.config, change);
    this.#index();
  }

  catalogue(): MergedCatalogue {
    const version = `${this.#life}.${this.#revision}.${this.upstreams.generation}`;
    if (this.#merged?.version !== version) {
      this.#merged = {
        version,
        catalogue: new MergedCatalogue(version, this.#enabled, this.upstreams.catalogues),
      };
    }
    return this.#merged.catalogue;
  }

  /** Whether the server tells of updates of its resources. */
  announcesUpdates(server: ServerRecord): boolean {
    const resources = this.upstreams.catalogues.get(server.id)?.capabilities["resources"];
    return isObject(resources) && resources["subscribe"] === true;
  }

  health(visible: (server: ServerRecord) => boolean): ServerHealth[] {
    return [...this.config.servers.values()]
      .filter(visible)
      .toSorted((a, b) => a.position - b.position)
      .map((server) =>
        toHealth(
          server,
          this.upstreams.catalogues.get(server.id),
          this.upstreams.checks.get(server.id),
        ),
      );
  }

  async admit(request: AdmitRequest, now: number): Promise<Admission> {
    const principal = this.findPrincipal(request.digest, now);
    if (!principal) return { kind: "unauthorized" };
    const retryAfterSeconds = takeFromLimits(
      this.config,
      this.#limiter,
      principal,
      request.address,
      now,
    );
    if (retryAfterSeconds !== null) {
      if (isCall(request.method))
        this.#refuse(request, principal, now, null, "rate_limited", "rate_limited");
      return { kind: "rate_limited", retryAfterSeconds };
    }
    if (request.method === HEALTH_METHOD) {
      return {
        kind: "health",
        servers: this.health((server) => principal.access.mayKnowServer(server.slug)),
      };
    }
    if (request.method === ANSWER_METHOD) return this.#answer(request.target ?? "", principal);
    const looking = this.#looksBefore(request);
    if (looking) await looking;
    // The time of waiting may have changed what this principal may do.
    const current = looking ? this.findPrincipal(request.digest, Date.now()) : principal;
    return current ? this.#decide(request, current, now) : { kind: "unauthorized" };
  }

  #decide(
    request: AdmitRequest,
    principal: TokenOwner,
    now: number,
  ): Admission | Promise<Admission> {
    const decision = decideAdmission(request, principal.access, this.catalogue());
    switch (decision.kind) {
      case "answer":
        return decision.admission;
      case "refuse":
        if (isCall(request.method)) {
          this.#refuse(request, principal, now, decision.target, decision.status, decision.reason);
        }
        return { kind: "refused", reason: decision.reason };
      case "route":
        return isSubscription(request.method)
          ? this.#admitSubscription(request, principal, now, decision.target)
          : this.#route(request, principal, now, decision.target);
    }
  }

  /** Subscriptions are the gateway's own: it tells the client of updates, whoever tells the gateway. */
  #admitSubscription(
    request: AdmitRequest,
    principal: TokenOwner,
    now: number,
    target: Resolved,
  ): Admission {
    const reason = !this.announcesUpdates(target.server)
      ? "no_updates"
      : request.session === null
        ? "no_session"
        : null;
    this.#refuse(request, principal, now, target, reason === null ? "ok" : "error", reason);
    return reason === null ? { kind: "admitted" } : { kind: "refused", reason };
  }

  async #route(
    request: AdmitRequest,
    principal: TokenOwner,
    now: number,
    target: Resolved,
  ): Promise<Admission> {
    const { server } = target;
    const endpoint = await this.#endpoint(server, request.era);
    if (!endpoint.ok) {
      this.#refuse(request, principal, now, target, "error", endpoint.error.code);
      return { kind: "unroutable", error: endpoint.error, serverName: server.name };
    }
    const owner = sessionOwner(request, principal);
    const route: CallRoute = {
      seq: this.ledger.open(openCall(request, principal, now, target)),
      memberId: principal.member?.id ?? null,
      tokenId: principal.token.id,
      target: target.key,
      paramHeaders:
        endpoint.endpoint.era === "modern" && request.method === "tools/call"
          ? this.catalogue().paramHeaders(server, target.key)
          : null,
      endpoint: endpoint.endpoint,
      sessionId: endpoint.endpoint.stateful ? this.upstreams.session(server.id, owner) : null,
      sessionOwner: owner,
    };
    return { kind: "route", route };
  }

  /** The way to a call's server for another round of it, as it is now; null: its caller may not make the call any more. */
  async reauthorize({
    digest,
    era,
    method,
    serverSlug,
    key,
  }: ReauthorizeRequest): Promise<Endpoint | null> {
    const access = this.findPrincipal(digest, Date.now())?.access;
    const server = this.#enabled.find(({ slug }) => slug === serverSlug);
    if (!access || !server) return null;
    const may =
      method === "tools/call" ? access.mayCall(serverSlug, key) : access.mayUseServer(serverSlug);
    const found = may ? await this.#endpoint(server, era) : null;
    return found?.ok ? found.endpoint : null;
  }

  /** What must be known of servers before this request is decided on; null: it is known. */
  #looksBefore({ method }: AdmitRequest): Promise<unknown> | null {
    if (method === "") return null;
    const firstLook = this.upstreams.firstLook(this.#enabled);
    if (method !== "initialize") return firstLook;
    if (!firstLook) return this.upstreams.learnLegacy(this.#enabled);
    return firstLook.then(() => this.upstreams.learnLegacy(this.#enabled));
  }

  /** Where a client's answer to a question goes; what came of a server that it may not use any more goes nowhere. */
  async #answer(serverSlug: string, { access }: TokenOwner): Promise<Admission> {
    const server = this.#enabled.find(({ slug }) => slug === serverSlug);
    if (!server || !access.mayKnowServer(serverSlug)) return { kind: "admitted" };
    const found = await this.#endpoint(server, "legacy");
    return found.ok ? { kind: "answer", endpoint: found.endpoint } : { kind: "admitted" };
  }

  #endpoint(server: ServerRecord, clientEra: Era): Promise<EndpointFound> {
    const { workspace } = this.config;
    const lastError = this.upstreams.checks.get(server.id)?.error ?? null;
    return findEndpoint(server, clientEra, workspace, lastError, this.headersOf);
  }

  #refuse(
    request: AdmitRequest,
    principal: TokenOwner,
    now: number,
    target: Resolved | null,
    status: CallStatus,
    errorCode: string | null,
  ): void {
    this.ledger.refuse({
      ...openCall(request, principal, now, target),
      status,
      errorCode,
      latencyMs: 0,
    });
  }

  #index(): void {
    this.#revision++;
    this.#principals = new TokenOwners(this.config);
    this.#enabled = [...this.config.servers.values()]
      .filter((server) => server.enabled)
      .toSorted((a, b) => a.position - b.position);
    this.#onChanged();
  }
}
