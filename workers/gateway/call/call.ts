import { CLIENT_RESPONSE_TIMEOUT_MS, type Budgets } from "../../contract/limits.ts";
import type { CallStatus, ResendReason } from "../../contract/records/audit.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import type { CallLease, SuspendedCallState } from "../../contract/rpc/suspended-call.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { concernsNamed } from "../../mcp/request-target.ts";
import { logFailure } from "../../runtime/log.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { toFailureText, type FailureCode } from "../../upstream/failure-text.ts";
import type { UpstreamOptions } from "../../upstream/json-rpc.ts";
import { redactorFor, type Redactor } from "../../upstream/redaction.ts";
import { toAccountText, toCause } from "../account-page.ts";
import type { RequestContext } from "../context.ts";
import { toCallBudgets } from "./call-budgets.ts";
import { formatFailure } from "./failure.ts";
import { recordOutcome } from "./record-outcome.ts";
import type { StopReason } from "./stop-reason.ts";

/** One routed call: its route, the state of its attempts, its time budgets, its abort signal and its single outcome. */
export class Call {
  readonly message: McpRequest;
  readonly context: RequestContext;
  /** The time limits of the call's server in place of the general ones. */
  readonly budgets: Budgets;
  #route: CallRoute;
  #upstreamId: string;
  #sessionId: string | null;
  #connection: string | null;
  #messageUrl: string | null = null;
  #lease: CallLease | null = null;
  #progressToken: number | null = null;
  #resendReason: ResendReason | null = null;
  #abort: AbortController | null = null;
  readonly #startedAt = Date.now();
  /** Start of a call that was suspended, or of this one. */
  #begunAt = this.#startedAt;
  #stopReason: StopReason | null = null;
  #isFinished = false;
  #isCancelledUpstream = false;
  #lastByteAt = this.#startedAt;
  #lastProgressAt = this.#startedAt;
  #hasResponded = false;
  /** Until then a server request can be open at the client, and no upstream budget applies. 0: none is open. */
  #clientDueAt = 0;

  constructor(message: McpRequest, route: CallRoute, context: RequestContext) {
    this.message = message;
    this.context = context;
    this.budgets = toCallBudgets(route.endpoint, budgetsOf(context.env), message.method);
    this.#route = route;
    this.#upstreamId = message.id;
    const isHttpSse = route.endpoint.transport === "sse";
    this.#sessionId = isHttpSse ? null : route.sessionId;
    this.#connection = isHttpSse ? route.sessionId : null;
  }

  get route(): CallRoute {
    return this.#route;
  }

  /** JSON text of the request id that the upstream received. */
  get upstreamId(): string {
    return this.#upstreamId;
  }

  /** The upstream session; null: none. */
  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** The connection to an HTTP+SSE server; null: not known yet, or another transport. */
  get connection(): string | null {
    return this.#connection;
  }

  /** Where an HTTP+SSE server takes this call's messages; null for all others. */
  get messageUrl(): string | null {
    return this.#messageUrl;
  }

  /** The lease of a call that can be suspended; null: it cannot. */
  get lease(): CallLease | null {
    return this.#lease;
  }

  /** The progress token that the upstream received; null: the client's own, or none. */
  get progressToken(): number | null {
    return this.#progressToken;
  }

  /**
   * Replaces parts of the route: the endpoint after a new authorization, the parameter headers after a schema change.
   */
  reroute(changes: Partial<Pick<CallRoute, "endpoint" | "paramHeaders">>): void {
    this.#route = { ...this.#route, ...changes };
  }

  /** The next attempts use this upstream session. */
  bindSession(sessionId: string | null): void {
    this.#sessionId = sessionId;
  }

  /** The call can be suspended from now on. A lease with a separate session replaces the shared one. */
  leaseAcquired(lease: CallLease): void {
    this.#lease = lease;
    if (lease.ownsSession) this.#sessionId = null;
  }

  /** An attempt to send the call begins, with this request. */
  startAttempt({ id, progressToken }: { id: string; progressToken: number | null }): void {
    this.#upstreamId = id;
    this.#progressToken = progressToken;
  }

  /** The call is sent a second time: the server has certainly not begun it. */
  sendAgain(reason: ResendReason): void {
    this.#resendReason = reason;
  }

  /** The call was sent on this connection to an HTTP+SSE server, which takes the call's messages at this URL. */
  connectionUsed(connection: string, messageUrl: string): void {
    this.#connection = connection;
    this.#messageUrl = messageUrl;
  }

  /** Continues a suspended call under the ids of its first request. */
  resumeFrom({ upstreamId, progressToken, sessionId, begunAt }: SuspendedCallState): void {
    this.#begunAt = begunAt;
    this.#upstreamId = upstreamId;
    this.#progressToken = progressToken;
    this.#sessionId = sessionId;
  }

  /** Created on first use: most calls end before they can be stopped. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopReason) this.#abort.abort();
    return this.#abort.signal;
  }

  /** When the call began (epoch ms), before it was suspended. */
  get begunAt(): number {
    return this.#begunAt;
  }

  /** Egress rules and time budgets for the requests beside the call itself: of sessions, cancellations and the like. */
  get upstreamOptions(): UpstreamOptions {
    const { env, via } = this.context;
    return { budgets: budgetsOf(env), ...egressOf(env, this.route.endpoint.hosted, via) };
  }

  /** Whether the call has its outcome. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** The redactor of what the server was sent; null: the server was sent no secret. */
  get redactor(): Redactor | null {
    return redactorFor(this.#route.endpoint);
  }

  /** A text of the server without the secrets that the server was sent. */
  redact(text: string): string {
    return this.redactor?.redact(text) ?? text;
  }

  /** Why the call was stopped before its response; null: it was not. */
  get stopReason(): StopReason | null {
    return this.#stopReason;
  }

  /** A server request is open at the client: upstream budgets do not apply until the upstream sends something again. */
  awaitClient(): void {
    this.#clientDueAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  }

  /**
   * The headers or a byte of the response arrived, which restarts the idle budget. It does not end the wait for a client:
   * headers can come after a server request, and comments while it is open.
   */
  receiveBytes(): void {
    this.#hasResponded = true;
    this.#lastByteAt = Date.now();
  }

  /** The upstream sent a message. Progress restarts the total budget. */
  receiveMessage(isProgress: boolean): void {
    this.receiveBytes();
    if (this.#clientDueAt !== 0) {
      this.#clientDueAt = 0;
      this.#lastProgressAt = this.#lastByteAt;
    }
    if (isProgress) this.#lastProgressAt = this.#lastByteAt;
  }

  /**
   * Stops the call if one of its time budgets is used up, and returns whether it is. To be called regularly during a
   * wait.
   */
  checkBudgets(): boolean {
    const isOver = this.#isOver(Date.now());
    if (isOver) this.#stop("upstream_timeout");
    return isOver;
  }

  #isOver(now: number): boolean {
    const { firstByteMs, idleMs, totalMs, maxMs } = this.budgets;
    if (now - this.#begunAt >= maxMs) return true;
    if (now < this.#clientDueAt) return false;
    const silenceMs = this.#hasResponded ? idleMs : firstByteMs;
    return now - this.#lastByteAt >= silenceMs || now - this.#lastProgressAt >= totalMs;
  }

  /** Stops the call: the client does not want its response any more, or may not receive it. */
  cancel(
    reason: Exclude<StopReason, "upstream_timeout" | "internal"> = "client_disconnected",
  ): void {
    this.#stop(reason);
    this.finish("cancelled", reason);
  }

  /** Whether the server must be told that the call is cancelled: true once, for a call that was stopped. */
  claimCancellation(): boolean {
    if (this.#stopReason === null || this.#isCancelledUpstream) return false;
    this.#isCancelledUpstream = true;
    return true;
  }

  /** Records the outcome; only the first one counts. */
  finish(status: CallStatus, errorCode: string | null): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const { message, route, context } = this;
    recordOutcome(
      { slug: context.slug, life: route.life },
      {
        seq: route.seq,
        status,
        errorCode,
        latencyMs: Date.now() - this.#startedAt,
        method: message.method,
        serverSlug: route.endpoint.serverSlug,
        toolName: route.skill?.name ?? (concernsNamed(message.method) ? route.target : null),
        memberId: route.memberId,
        tokenId: route.tokenId,
        protocolVersion: message.protocolVersion,
        clientName: message.clientName ?? route.clientName ?? null,
        clientVersion: message.clientVersion,
        resendReason: this.#resendReason,
        count: 1,
        rule: route.rule ?? null,
        createdAt: this.#startedAt,
      },
      context.env,
      context.ctx,
    );
  }

  /** Records a failed call. Returns the response for the client, as JSON text. */
  fail(error: { code: FailureCode; status?: number; advice?: string; cause?: string }): string {
    const code = this.#stopReason === "upstream_timeout" ? this.#stopReason : error.code;
    this.finish("error", code);
    const { serverName, serverSlug, account } = this.route.endpoint;
    const isOwnRefused = code === "upstream_unauthorized" || code === "needs_account";
    const text =
      isOwnRefused && account
        ? toCause(error.cause) + toAccountText(this.context, account, serverName)
        : toFailureText({ ...error, code, isOwnAccount: account !== undefined }, serverName);
    return formatFailure(this.message, text, { reason: code, server: serverSlug });
  }

  /**
   * Stops the call after an unexpected failure of the gateway, which it logs and records. Returns the error response for
   * the client, as JSON text.
   */
  failInternally(error: unknown): string {
    logFailure("call_failed", error, { workspace: this.context.slug, seq: this.#route.seq });
    this.#stop("internal");
    return this.fail({ code: "internal" });
  }

  #stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    this.#abort?.abort();
  }
}

/** Resolves when the signal is aborted. */
export function waitForStop(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("stopped");
    signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}
