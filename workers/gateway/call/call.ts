import { CLIENT_RESPONSE_TIMEOUT_MS, type Budgets } from "../../contract/limits.ts";
import type { CallStatus } from "../../contract/records/audit.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import type { CallLease } from "../../contract/rpc/suspended-call.ts";
import type { UpstreamErrorCode } from "../../contract/rpc/tool-catalogue.ts";
import { formatError } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { budgetsOf } from "../../runtime/env.ts";
import { egressOf } from "../../upstream/egress.ts";
import type { UpstreamOptions } from "../../upstream/json-rpc.ts";
import type { RequestContext } from "../context.ts";
import { recordOutcome } from "./record-outcome.ts";

/** `client_cancelled`: by a notification. `token_revoked`: the caller may not have the answer any more. */
export type StopReason =
  | "upstream_timeout"
  | "client_disconnected"
  | "client_cancelled"
  | "token_revoked";

export type FailureCode = UpstreamErrorCode | "input_required" | "too_many_suspended_calls";

/** One routed call on its way: its time budgets, its abort signal, and the one outcome that it will have. */
export class Call {
  readonly message: McpRequest;
  route: CallRoute;
  readonly context: RequestContext;
  readonly budgets: Budgets;
  #abort: AbortController | null = null;
  readonly #startedAt = Date.now();
  #stopReason: StopReason | null = null;
  #settled = false;
  #lastByteAt = this.#startedAt;
  #lastProgressAt = this.#startedAt;
  #hasAnswered = false;
  /** Until when a person may be thinking about a question: the server owes nothing meanwhile. */
  #patientUntil = 0;
  /** JSON text of the id that the upstream knows the call by, and its session: what a cancellation must name. */
  upstreamId: string;
  sessionId: string | null;
  /** Where an HTTP+SSE server takes this call's messages; null for all others. */
  messageUrl: string | null = null;
  /** The lease of a suspendable call; null: the call cannot be suspended. */
  lease: CallLease | null = null;
  /** The progress token that the upstream was given; null: the client's own, or none. */
  progressToken: number | null = null;

  constructor(message: McpRequest, route: CallRoute, context: RequestContext) {
    this.message = message;
    this.route = route;
    this.context = context;
    this.budgets = budgetsOf(context.env);
    this.upstreamId = message.id;
    this.sessionId = route.sessionId;
  }

  /** Made when first asked for: most calls are over before anybody could stop them. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopReason) this.#abort.abort();
    return this.#abort.signal;
  }

  /** How upstreams may be reached, and in what time. */
  get upstreamOptions(): UpstreamOptions {
    return { budgets: this.budgets, ...egressOf(this.context.env, this.route.endpoint.hosted) };
  }

  /** Why the call was stopped before it was answered; null: it was not. */
  get stopReason(): StopReason | null {
    return this.#stopReason;
  }

  /** A question is with the client: the server's time stands still until it says something again. */
  awaitClient(): void {
    this.#patientUntil = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  }

  /** The upstream sent something; progress lifts the total budget. */
  touch(progress: boolean): void {
    this.#hasAnswered = true;
    this.#lastByteAt = Date.now();
    if (this.#patientUntil !== 0) {
      this.#patientUntil = 0;
      this.#lastProgressAt = this.#lastByteAt;
    }
    if (progress) this.#lastProgressAt = this.#lastByteAt;
  }

  /** Stops the call when its time is over, and says so. Whoever waits for the upstream asks regularly; a fast call never does. */
  checkBudgets(): boolean {
    const now = Date.now();
    if (now < this.#patientUntil) return false;
    const idleMs = this.#hasAnswered ? this.budgets.idleMs : this.budgets.firstByteMs;
    const isOver =
      now - this.#lastByteAt >= idleMs || now - this.#lastProgressAt >= this.budgets.totalMs;
    if (isOver) this.#stop("upstream_timeout");
    return isOver;
  }

  /** Nobody wants the answer any more, or may have it. */
  cancel(reason: Exclude<StopReason, "upstream_timeout"> = "client_disconnected"): void {
    this.#stop(reason);
    this.finish("cancelled", reason);
  }

  /** Records the outcome; only the first one counts. */
  finish(status: CallStatus, errorCode: string | null): void {
    if (this.#settled) return;
    this.#settled = true;
    const { message, route, context } = this;
    recordOutcome(
      context.slug,
      {
        seq: route.seq,
        status,
        errorCode,
        latencyMs: Date.now() - this.#startedAt,
        method: message.method,
        serverSlug: route.endpoint.serverSlug,
        toolName:
          message.method === "tools/call" || message.method === "prompts/get" ? route.target : null,
        memberId: route.memberId,
        tokenId: route.tokenId,
        protocolVersion: message.protocolVersion,
        clientName: message.clientName,
        createdAt: this.#startedAt,
      },
      context.env,
      context.ctx,
    );
  }

  /** Records a failure of the upstream, and returns the message that the client gets for it. */
  fail(error: { code: FailureCode }): string {
    const code = this.#stopReason === "upstream_timeout" ? this.#stopReason : error.code;
    this.finish("error", code);
    const data = { reason: code, server: this.route.endpoint.serverSlug };
    return formatError(this.message.id, {
      code: ERROR.internal,
      message: sentenceFor(code, this.route.endpoint.serverName),
      data,
    });
  }

  #stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    this.#abort?.abort();
  }
}

/** What the client reads about a failed server. The cause is for the admin, in the audit row and the health page. */
function sentenceFor(code: FailureCode, server: string): string {
  switch (code) {
    case "too_many_suspended_calls":
      return "Too many calls wait for answers to questions. Answer or end some of them, then call again.";
    case "input_required":
      return `The server "${server}" asked for input that was not given. Call again and answer it.`;
    case "upstream_timeout":
      return `The server "${server}" did not answer in time. Try again, or with a smaller request.`;
    case "upstream_unauthorized":
    case "credential_unreadable":
      return `The server "${server}" did not accept the gateway's credential. Tell your admin.`;
    case "upstream_too_large":
      return `The answer of the server "${server}" is too large. Ask for less.`;
    case "upstream_bad_response":
      return `The server "${server}" gave an answer that is not valid MCP. Tell your admin.`;
    case "upstream_unreachable":
    case "upstream_forbidden_address":
    case "upstream_redirect":
    case "upstream_http_error":
      return `The server "${server}" cannot be reached now. Try again later or tell your admin.`;
  }
}

/** Resolves when the signal fires. */
export function stopped(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("stopped");
    signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}
