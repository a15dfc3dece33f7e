import {
  HEALTH_METHOD,
  type Admission,
  type AdmitRequest,
  type Endpoint,
  type Route,
  type ServerHealth,
} from "../workers/contract/admission.ts";
import type { CallStatus } from "../workers/contract/audit.ts";
import type { UpstreamError } from "../workers/contract/catalogue.ts";
import type {
  EntityChange,
  Era,
  ServerRecord,
  TokenRecord,
  WorkspaceConfig,
} from "../workers/contract/workspace.ts";
import { decideRequest, findPrincipal, isCall, takeFromLimits, type Principal } from "./admit.ts";
import { MergedCatalogue, toHealth, type Resolved } from "./catalogue.ts";
import type { Ledger, OpenCall } from "./ledger.ts";
import { RateLimiter } from "./rate-limit.ts";
import { applyChange } from "./storage.ts";
import type { HeadersOutcome, Upstreams } from "./upstreams.ts";

interface Parts {
  config: WorkspaceConfig;
  ledger: Ledger;
  upstreams: Upstreams;
  headersOf: (server: ServerRecord) => Promise<HeadersOutcome>;
}

/** A tool as its server describes it; `json` is the server's own text. */
export interface OfferedTool {
  serverSlug: string;
  serverName: string;
  exposedName: string;
  name: string;
  json: string;
}

/** A workspace in memory: its configuration with the lookups that admission needs, its book, limits and servers. */
export class LoadedWorkspace {
  readonly config: WorkspaceConfig;
  readonly ledger: Ledger;
  readonly upstreams: Upstreams;
  readonly #headersOf: Parts["headersOf"];
  readonly #limiter = new RateLimiter();
  /** Makes list versions of this life of the object differ from those of earlier ones. */
  readonly #life = crypto.randomUUID();
  #revision = 0;
  #byDigest = new Map<string, TokenRecord>();
  #enabled: ServerRecord[] = [];
  #merged: { version: string; catalogue: MergedCatalogue } | null = null;

  constructor(parts: Parts) {
    this.config = parts.config;
    this.ledger = parts.ledger;
    this.upstreams = parts.upstreams;
    this.#headersOf = parts.headersOf;
    this.#index();
  }

  /** Enabled servers by position. */
  get enabledServers(): ServerRecord[] {
    return this.#enabled;
  }

  serverBySlug(slug: string): ServerRecord | undefined {
    return [...this.config.servers.values()].find((server) => server.slug === slug);
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

  /** Every tool of every enabled server, under the names that clients see. */
  tools(): OfferedTool[] {
    const catalogue = this.catalogue();
    return this.#enabled.flatMap((server) =>
      catalogue.toolsOf(server).map((tool) => ({
        serverSlug: server.slug,
        serverName: server.name,
        ...tool,
      })),
    );
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
    const principal = findPrincipal(this.config, this.#byDigest, request.digest, now);
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
    const firstLook = request.method === "" ? null : this.upstreams.firstLook(this.#enabled);
    if (firstLook) await firstLook;
    // The time of waiting may have changed what this principal may do.
    const current = firstLook
      ? findPrincipal(this.config, this.#byDigest, request.digest, Date.now())
      : principal;
    return current ? this.#decide(request, current, now) : { kind: "unauthorized" };
  }

  #decide(
    request: AdmitRequest,
    principal: Principal,
    now: number,
  ): Admission | Promise<Admission> {
    const decision = decideRequest(request, principal.access, this.catalogue());
    switch (decision.kind) {
      case "answer":
        return decision.admission;
      case "refuse":
        if (isCall(request.method)) {
          this.#refuse(request, principal, now, decision.target, decision.status, decision.reason);
        }
        return { kind: "refused", reason: decision.reason };
      case "route":
        return this.#route(request, principal, now, decision.target);
    }
  }

  async #route(
    request: AdmitRequest,
    principal: Principal,
    now: number,
    target: Resolved,
  ): Promise<Admission> {
    const { server } = target;
    const endpoint = await this.#endpoint(server, request.era);
    if (!endpoint.ok) {
      this.#refuse(request, principal, now, target, "error", endpoint.error.code);
      return { kind: "unroutable", error: endpoint.error, serverName: server.name };
    }
    const route: Route = {
      seq: this.ledger.open(openCall(request, principal, now, target)),
      memberId: principal.member?.id ?? null,
      tokenId: principal.token.id,
      target: target.key,
      paramHeaders:
        endpoint.endpoint.era === "modern" && request.method === "tools/call"
          ? this.catalogue().paramHeaders(server, target.key)
          : null,
      endpoint: endpoint.endpoint,
      sessionId: endpoint.endpoint.stateful
        ? this.upstreams.session(server.id, principal.member?.id ?? principal.token.id)
        : null,
    };
    return { kind: "route", route };
  }

  async #endpoint(
    server: ServerRecord,
    clientEra: Era,
  ): Promise<{ ok: true; endpoint: Endpoint } | { ok: false; error: UpstreamError }> {
    const wire = wireOf(server, clientEra);
    if (!wire) {
      const error = this.upstreams.checks.get(server.id)?.error;
      const message = "The server has not answered yet";
      return { ok: false, error: error ?? { code: "upstream_unreachable", message } };
    }
    const headers = await this.#headersOf(server);
    if (!headers.ok) return headers;
    const { id: serverId, slug: serverSlug, name: serverName, url } = server;
    return {
      ok: true,
      endpoint: { serverId, serverSlug, serverName, url, ...wire, headers: headers.headers },
    };
  }

  #refuse(
    request: AdmitRequest,
    principal: Principal,
    now: number,
    target: Resolved | null,
    status: CallStatus,
    errorCode: string,
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
    this.#byDigest = new Map(
      [...this.config.tokens.values()].map((token) => [token.digest, token]),
    );
    this.#enabled = [...this.config.servers.values()]
      .filter((server) => server.enabled)
      .toSorted((a, b) => a.position - b.position);
  }
}

/** How the gateway speaks to the server for a client: in the client's era, if the server speaks both. */
function wireOf(
  server: ServerRecord,
  clientEra: Era,
): Pick<Endpoint, "transport" | "era" | "protocolVersion" | "stateful"> | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  if (clientEra === "legacy" && legacy) return { transport, era: "legacy", ...legacy };
  return { transport, era, protocolVersion, stateful };
}

function openCall(
  request: AdmitRequest,
  principal: Principal,
  now: number,
  target: Resolved | null,
): Omit<OpenCall, "seq"> {
  const named = request.method === "tools/call" || request.method === "prompts/get";
  return {
    method: request.method,
    serverSlug: target?.server.slug ?? null,
    toolName: named ? (target?.key ?? null) : null,
    memberId: principal.member?.id ?? null,
    tokenId: principal.token.id,
    protocolVersion: request.protocolVersion,
    clientName: request.clientName,
    createdAt: now,
  };
}
