import type { Route } from "../contract/admission.ts";
import type { CallStatus } from "../contract/audit.ts";
import type { UpstreamError } from "../contract/catalogue.ts";
import type { Budgets } from "../contract/limits.ts";
import { budgetsOf, egressOf } from "../env.ts";
import { ERROR } from "../mcp/protocol.ts";
import type { McpRequest } from "../mcp/request.ts";
import type { UpstreamOptions } from "../upstream/exchange.ts";
import { errorText } from "./answers.ts";
import type { Context } from "./gateway.ts";
import { settle } from "./settle.ts";

/** One routed call on its way: its time budgets, its abort signal, and the one outcome that it will have. */
export class Call {
  readonly message: McpRequest;
  readonly route: Route;
  readonly context: Context;
  readonly budgets: Budgets;
  #abort: AbortController | null = null;
  readonly #startedAt = Date.now();
  #stopReason: "upstream_timeout" | "cancelled" | null = null;
  #settled = false;
  #lastByteAt = this.#startedAt;
  #lastProgressAt = this.#startedAt;
  #hasAnswered = false;
  /** JSON text of the id that the upstream knows the call by, and its session: what a cancellation must name. */
  upstreamId: string;
  sessionId: string | null;

  constructor(message: McpRequest, route: Route, context: Context) {
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
    return { budgets: this.budgets, ...egressOf(this.context.env) };
  }

  /** The upstream sent something; progress lifts the total budget. */
  touch(progress: boolean): void {
    this.#hasAnswered = true;
    this.#lastByteAt = Date.now();
    if (progress) this.#lastProgressAt = this.#lastByteAt;
  }

  /** Stops the call when its time is over, and says so. Whoever waits for the upstream asks regularly; a fast call never does. */
  checkBudgets(): boolean {
    const now = Date.now();
    const idleMs = this.#hasAnswered ? this.budgets.idleMs : this.budgets.firstByteMs;
    const isOver =
      now - this.#lastByteAt >= idleMs || now - this.#lastProgressAt >= this.budgets.totalMs;
    if (isOver) this.#stop("upstream_timeout");
    return isOver;
  }

  /** The client is gone: so is the reason to call. */
  cancel(): void {
    this.#stop("cancelled");
    this.settle("cancelled", "client_disconnected");
  }

  /** Records the outcome; only the first one counts. */
  settle(status: CallStatus, errorCode: string | null): void {
    if (this.#settled) return;
    this.#settled = true;
    const { message, route, context } = this;
    settle(
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
  fail(error: Pick<UpstreamError, "code">): string {
    const code = this.#stopReason === "upstream_timeout" ? this.#stopReason : error.code;
    this.settle("error", code);
    const data = { reason: code, server: this.route.endpoint.serverSlug };
    return errorText(this.message.id, {
      code: ERROR.internal,
      message: sentenceFor(code, this.route.endpoint.serverName),
      data,
    });
  }

  #stop(reason: "upstream_timeout" | "cancelled"): void {
    this.#stopReason ??= reason;
    this.#abort?.abort();
  }
}

/** What the client reads about a failed server. The cause is for the admin, in the audit row and the health page. */
function sentenceFor(code: UpstreamError["code"], server: string): string {
  switch (code) {
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
