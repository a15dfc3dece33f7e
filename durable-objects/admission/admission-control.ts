import type { CallStatus } from "../../workers/contract/records/audit.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  Admission,
  AdmitRequest,
  Authentication,
  CallRoute,
  ClientIdentity,
  ClientResponseRequest,
  ClientResponseRoute,
  Denial,
  Endpoint,
  ReauthorizeRequest,
  VisibleHealth,
  VisibleRegistry,
} from "../../workers/contract/rpc/admission.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { isServed } from "../policy/tool-access.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import { toOpenCall, toRecorded, toSessionOwner } from "./call-route.ts";
import { findAllowedServer, findLocks, isItemHeld } from "./called-item.ts";
import { countAgainstLimits, decideAdmission, isCall, isSubscription } from "./decide-admission.ts";
import { toRefused } from "./explained-access.ts";
import { listHealth } from "./list-health.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";
import { findTask, type TaskTarget } from "./task-target.ts";
import { toTokenOwnerId, type TokenOwner } from "./token-owners.ts";
import { findUnlistedServer, listRegisteredServers } from "./visible-servers.ts";

type AuthenticatedClient =
  | { ok: true; owner: TokenOwner }
  /** `owner`: null when the token is not valid. */
  | { ok: false; denial: Denial; owner: TokenOwner | null };

/** An authenticated MCP request; `now`: when it arrived, epoch ms. */
interface AuthenticatedRequest {
  request: AdmitRequest;
  owner: TokenOwner;
  now: number;
}

/**
 * Authenticates and counts the clients of one workspace, decides on their requests, and records calls in the call log.
 */
export class AdmissionControl {
  readonly workspace: LoadedWorkspace;
  readonly #masterKeys: string;

  /** `masterKeys`: the key ring by which task ids are opened. */
  constructor(workspace: LoadedWorkspace, masterKeys: string) {
    this.workspace = workspace;
    this.#masterKeys = masterKeys;
  }

  /** Authenticates and counts a client whose message needs no decision. */
  authenticate(client: ClientIdentity, now: number): Authentication {
    const authenticated = this.#authenticate(client, now);
    return authenticated.ok ? { kind: "authenticated" } : authenticated.denial;
  }

  /** Decides on an MCP request. A call gets its sequence number here, and a refused one its outcome. */
  async admit(request: AdmitRequest, now: number): Promise<Admission> {
    const identity = {
      ...request,
      client: { name: request.clientName, version: request.clientVersion },
    };
    const client = this.#authenticate(identity, now);
    if (!client.ok) return this.#deny(request, client, now);
    this.workspace.tokenConnections.recordRequest(client.owner.token, request, now);
    // A gateway does not wait: its request can be one of those that it would wait for.
    const discovery = request.isForwarded
      ? null
      : this.#discoverServers(request.method, client.owner);
    if (!discovery) return this.#decide({ request, owner: client.owner, now });
    await discovery;
    // During the wait the token can be revoked or stopped, or its owner's rules changed.
    const found = this.#findClient(identity, Date.now());
    if (!found.ok) return this.#deny(request, found, now);
    return this.#decide({ request, owner: found.owner, now });
  }

  /** The state of the servers that the client is allowed to know. */
  listVisibleHealth(client: ClientIdentity, now: number): VisibleHealth {
    const authenticated = this.#authenticate(client, now);
    if (!authenticated.ok) return authenticated.denial;
    return { kind: "health", servers: listHealth(this.workspace, authenticated.owner.access) };
  }

  /** The servers that the workspace's registry lists for the client: the enabled ones that it is allowed to know. */
  listRegistry(client: ClientIdentity, now: number): VisibleRegistry {
    const authenticated = this.#authenticate(client, now);
    if (!authenticated.ok) return authenticated.denial;
    const servers = listRegisteredServers(this.workspace, authenticated.owner);
    return { kind: "registry", servers };
  }

  /** Finds the endpoint for a client's response to a server request. */
  async routeClientResponse(
    request: ClientResponseRequest,
    now: number,
  ): Promise<ClientResponseRoute> {
    const client = this.#authenticate(request, now);
    if (!client.ok) return client.denial;
    const server = this.workspace.enabledServers.find(({ id }) => id === request.serverId);
    if (!server || !client.owner.access.mayKnowServer(server.id)) return { kind: "no_route" };
    const found = await this.workspace.findEndpoint(server, "legacy", client.owner);
    return found.ok ? { kind: "route", endpoint: found.endpoint } : { kind: "no_route" };
  }

  /**
   * The current endpoint for another round of a call; null: the token owner is not allowed to make the call any more, or
   * there is no other access token than the one that the server has refused.
   */
  async reauthorize(request: ReauthorizeRequest, now: number): Promise<Endpoint | null> {
    const owner = this.workspace.findTokenOwner(request.digest, now, request.client);
    const server = owner && findAllowedServer(this.workspace, owner.access, request);
    if (!server || isItemHeld(this.workspace, request)) return null;
    const { connections } = this.workspace;
    const { refusedToken } = request;
    const caller = toTokenOwnerId(owner);
    const isRenewed =
      refusedToken === undefined || (await connections.renew(server, caller, refusedToken));
    const found = isRenewed ? await this.workspace.findEndpoint(server, request.era, owner) : null;
    return found?.ok ? found.endpoint : null;
  }

  #authenticate(client: ClientIdentity, now: number): AuthenticatedClient {
    if (this.workspace.callLog.isClosed)
      return { ok: false, denial: { kind: "unavailable" }, owner: null };
    const found = this.#findClient(client, now);
    if (found.owner === null) return found;
    const { config, limiter } = this.workspace;
    const retryAfterSeconds = countAgainstLimits(config, limiter, found.owner, client.address, now);
    if (retryAfterSeconds === null) return found;
    const denial = { kind: "rate_limited", retryAfterSeconds } as const;
    return { ok: false, denial, owner: found.owner };
  }

  #findClient({ digest, client, server }: ClientIdentity, now: number): AuthenticatedClient {
    const found = this.workspace.findStoppableOwner(digest, now, client);
    if (!found) return { ok: false, denial: { kind: "unauthorized" }, owner: null };
    const { owner, stop } = found;
    if (stop) return { ok: false, denial: { kind: "stopped", cause: stop }, owner };
    const limited = this.workspace.limitToServer(owner, server);
    return limited
      ? { ok: true, owner: limited }
      : { ok: false, denial: { kind: "unknown_server" }, owner };
  }

  /** Records the denial of a call whose token is valid. */
  #deny(
    request: AdmitRequest,
    { denial, owner }: Extract<AuthenticatedClient, { ok: false }>,
    now: number,
  ): Denial {
    if (owner === null || !isCall(request)) return denial;
    const call = { request, owner, now };
    if (denial.kind === "stopped") this.#refuse(call, null, "blocked", denial.cause);
    else if (denial.kind === "unknown_server") this.#refuse(call, null, "error", denial.kind);
    else this.#refuse(call, null, "rate_limited", "rate_limited");
    return denial;
  }

  /**
   * Fetches, before a decision, the catalogues of servers that were never checked; for `initialize` also finds out
   * which modern servers speak the legacy era. Null: all is known.
   */
  #discoverServers(method: string, { access }: TokenOwner): Promise<unknown> | null {
    const { upstreams, enabledServers } = this.workspace;
    const servers = enabledServers.filter(({ id }) => isServed(access, id));
    const firstCheck = upstreams.checkNewServers(servers, Date.now());
    if (method !== "initialize") return firstCheck;
    if (!firstCheck) return upstreams.legacySupport.detect(servers);
    return firstCheck.then(() => upstreams.legacySupport.detect(servers));
  }

  #decide(authenticated: AuthenticatedRequest): Admission | Promise<Admission> {
    const { request, owner } = authenticated;
    const task = findTask(request, owner, this.workspace, this.#masterKeys);
    const decision = decideAdmission(request, owner.access, this.workspace.catalogue(), task);
    switch (decision.kind) {
      case "respond":
        return decision.admission;
      case "refuse": {
        const { target, status, reason } = decision;
        const unlisted = findUnlistedServer(this.workspace, owner, request, reason);
        if (unlisted) {
          const { admission } = unlisted;
          const code = admission.kind === "refused" ? admission.reason : admission.error.code;
          this.#refuse(authenticated, unlisted.target, "error", code);
          return admission;
        }
        if (isCall(request)) this.#refuse(authenticated, target, status, reason);
        return toRefused(this.workspace, owner, decision, { ...request, now: authenticated.now });
      }
      case "route":
        return isSubscription(request.method)
          ? this.#admitSubscription(authenticated, decision.target)
          : this.#route(authenticated, decision.target);
    }
  }

  /**
   * The gateway keeps subscriptions itself: whichever connection announces an update, it sends it on the client's
   * stream.
   */
  #admitSubscription(authenticated: AuthenticatedRequest, target: CallTarget): Admission {
    const reason = !this.workspace.announcesUpdates(target.server)
      ? "no_updates"
      : authenticated.request.session === null
        ? "no_session"
        : null;
    if (reason !== null) {
      this.#refuse(authenticated, target, "error", reason);
      return { kind: "refused", reason };
    }
    const { request, owner, now } = authenticated;
    const call = toOpenCall(request, owner, now, target);
    this.workspace.callLog.record({ ...call, status: "ok", errorCode: null, latencyMs: 0 });
    return { kind: "admitted" };
  }

  async #route(
    authenticated: AuthenticatedRequest,
    target: CallTarget | TaskTarget,
  ): Promise<Admission> {
    const { request, owner, now } = authenticated;
    const { server } = target;
    const { upstreams, callLog } = this.workspace;
    const task = "taskId" in target ? target : null;
    const found = await this.workspace.findEndpoint(server, request.era, owner);
    if (!found.ok) {
      this.#refuse(authenticated, target, "error", found.error.code);
      const { ok: _, ...refused } = found;
      return { kind: "unroutable", ...refused, serverName: server.name };
    }
    const refusal = this.#refuseIfDown(server, now);
    if (refusal) {
      this.#refuse(authenticated, target, "error", refusal.code);
      return { kind: "unroutable", error: refusal, serverName: server.name };
    }
    const call = toOpenCall(request, owner, now, target);
    if (callLog.inFlight.isFull(call)) {
      this.#refuse(authenticated, target, "rate_limited", "too_many_parallel_calls");
      return { kind: "rate_limited", retryAfterSeconds: 1 };
    }
    this.workspace.tokenConnections.recordCall(owner.token, now);
    const { endpoint } = found;
    const sessionOwner = toSessionOwner(request, owner);
    const tool =
      request.method === "tools/call" || request.method === "tasks/result"
        ? this.workspace.catalogue().toolDetails(server, target.key)
        : null;
    const route: CallRoute = {
      seq: callLog.assignSeq(call),
      life: callLog.life,
      memberId: owner.member?.id ?? null,
      tokenId: owner.token.id,
      target: target.key,
      task: task?.taskId ?? null,
      paramHeaders: request.method === "tools/call" ? (tool?.paramHeaders ?? null) : null,
      // The legacy leg of a modern server wraps outputs itself, as the official SDKs do.
      wrapsOutput: endpoint.era === server.era && (tool?.wrapsOutput ?? false),
      endpoint,
      sessionId: endpoint.stateful
        ? (task?.sessionId ?? upstreams.sessions.find(server.id, sessionOwner))
        : endpoint.transport === "sse"
          ? (task?.sessionId ?? null)
          : null,
      sessionOwner,
      asksClients: upstreams.asking.has(server.id),
      ...toRecorded(request, call),
      ...findLocks(this.workspace, request.method, target),
    };
    return { kind: "route", route };
  }

  /** The error of a call to a server that is down, which is not sent; null: the call is sent. */
  #refuseIfDown({ slug }: ServerRecord, now: number): UpstreamError | null {
    const retryAt = this.workspace.upstreams.circuits.refuse(slug, now);
    if (retryAt === null) return null;
    const message = "The server is down: its calls and its last check failed";
    const retryAfterSeconds = Math.ceil((retryAt - now) / 1_000);
    return { code: "upstream_circuit_open", message, retryAfterSeconds };
  }

  /** Records a call that reaches no server. */
  #refuse(
    { request, owner, now }: AuthenticatedRequest,
    target: CallTarget | null,
    status: CallStatus,
    errorCode: string,
  ): void {
    const call = toOpenCall(request, owner, now, target);
    this.workspace.callLog.recordRefusal({ ...call, status, errorCode, latencyMs: 0 });
  }
}
