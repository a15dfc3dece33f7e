import { DurableObject } from "cloudflare:workers";
import {
  CLIENT_RESPONSE_TIMEOUT_MS,
  MAX_LOCAL_RESPONSES_PER_MINUTE,
  MAX_OPEN_SERVER_REQUESTS,
  SERVER_REQUEST_GATHER_MS,
  SESSION_STREAM_OPEN_MS,
} from "../workers/contract/limits.ts";
import { toHttpSseSessionKey } from "../workers/contract/rpc/http-sse-session.ts";
import type {
  SuspendedCallResult,
  SuspendedCallRpc,
  SuspendedCallStart,
} from "../workers/contract/rpc/suspended-call.ts";
import { seal } from "../workers/crypto/seal.ts";
import { supportsServerRequest } from "../workers/mcp/client-capabilities.ts";
import { formatCancelled, formatLocalResponse, formatResponse } from "../workers/mcp/json-rpc.ts";
import { RESPONSE_LIMITS, scanJson, findMemberText } from "../workers/mcp/json-scan.ts";
import { parseObject } from "../workers/mcp/json.ts";
import { SseWriter } from "../workers/mcp/sse-writer.ts";
import { formatSse } from "../workers/mcp/sse.ts";
import { formatInputRequired, type InputRequest } from "../workers/mcp/translate/elicitation.ts";
import type { Env } from "../workers/runtime/env.ts";
import { logFailure } from "../workers/runtime/log.ts";
import { MinuteCount } from "../workers/runtime/minute-count.ts";
import { workspacesOf } from "../workers/runtime/objects.ts";
import { budgetsOf } from "../workers/runtime/settings.ts";
import { withTimeout } from "../workers/runtime/with-timeout.ts";
import { egressOf } from "../workers/upstream/egress.ts";
import { guardedFetch } from "../workers/upstream/guarded-fetch.ts";
import {
  cancelInHttpSseSession,
  sendInHttpSseSession,
} from "../workers/upstream/http-sse-session.ts";
import { postMessage, type UpstreamOptions } from "../workers/upstream/json-rpc.ts";
import { isEventStream } from "../workers/upstream/open-stream.ts";
import { redactorFor } from "../workers/upstream/redaction.ts";
import {
  openSessionStream,
  reopenAt,
  UpstreamEvents,
  formatFailure,
  type NextMessage,
} from "../workers/upstream/upstream-events.ts";
import { closeUpstreamSession } from "../workers/upstream/upstream-sessions.ts";

/** A server request that the client has not responded to. */
interface OpenRequest extends InputRequest {
  /** JSON text of the server's id. */
  id: string;
}

/** Interval of the alarm. An object without events is evicted, and the call is lost; an alarm is an event. */
const ALARM_INTERVAL_MS = 5_000;

/**
 * One call of a modern client to a legacy server that can send requests. The object keeps the server's event stream while
 * the client responds in another HTTP request. Its state is in memory: an eviction loses the call.
 */
export class SuspendedCall extends DurableObject<Env> implements SuspendedCallRpc {
  /** The stream to the client; null: none was opened yet. */
  #client: SseWriter | null = null;
  /** Null: not begun, or ended. */
  #call: SuspendedCallStart | null = null;
  #callStream: UpstreamEvents | null = null;
  /** The session's own stream, on which some servers send requests. No other suspendable call shares the session. */
  #sessionStream: UpstreamEvents | null = null;
  /** The pending read of either stream; a read that timed out is awaited again. */
  #nextMessage: Promise<NextMessage> | null = null;
  #nextOfCall: Promise<NextMessage> | null = null;
  #nextOfSession: Promise<NextMessage> | null = null;
  #messageUrl = "";
  /** By the key that the client sees. */
  readonly #openRequests = new Map<string, OpenRequest>();
  #requestCount = 0;
  readonly #localResponses = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);
  /** When the client's time to respond ends (epoch ms); null: no server request is open. */
  #responseDueAt: number | null = null;

  /** Sends the call. An event stream is relayed up to the response, or to the first server requests as `input_required`. */
  async begin(start: SuspendedCallStart): Promise<SuspendedCallResult> {
    this.#call = start;
    this.#messageUrl = start.endpoint.url;
    await this.#scheduleAlarm();
    await withTimeout(this.#openSessionStream(start), SESSION_STREAM_OPEN_MS);
    const sent = await this.#send(start);
    const response = sent.ok ? sent.response : null;
    const body: ReadableStream<Uint8Array> | null = response?.body ?? null;
    if (!response?.ok || !body || !isEventStream(response)) {
      await this.#end("done");
      return sent;
    }
    const { endpoint, sessionId } = start;
    const isRelayed = endpoint.transport === "sse";
    const reopen = isRelayed ? null : reopenAt(endpoint, sessionId, this.#options(start));
    const options = { reopen, isRelayed, onBytes: () => void this.#client?.writeComment() };
    this.#callStream = new UpstreamEvents(body, redactorFor(endpoint), options);
    return { ok: true, response: this.#streamToClient() };
  }

  /** See `SuspendedCallRpc`. Requests that stay open are sent to the client again. */
  async resume(responses: ReadonlyMap<string, string>): Promise<Response | null> {
    if (!this.#call || !this.#callStream || this.#openRequests.size === 0) return null;
    const answered = [...this.#openRequests].filter(([key]) => responses.has(key));
    // Removed before the first await, so that a concurrent retry with the same responses finds no open request.
    for (const [key] of answered) this.#openRequests.delete(key);
    const isComplete = this.#openRequests.size === 0;
    if (isComplete) this.#responseDueAt = null;
    for (const [key, { id }] of answered)
      await this.#sendToServer(formatResponse(id, "result", responses.get(key) ?? "{}"));
    return isComplete ? this.#streamToClient() : toEventStream(this.#inputRequiredText());
  }

  /** Renews the lease; ends the call when its time is over or its token is no longer valid. */
  override async alarm(): Promise<void> {
    const call = this.#call;
    if (!call) return;
    const isExpired = this.#responseDueAt !== null && this.#responseDueAt <= Date.now();
    const isRenewed = await this.#workspace(call)
      .renewCallLease(call.lease)
      .catch((error: unknown) => {
        logFailure("renew_call_lease_failed", error);
        // The next alarm tries again.
        return true;
      });
    if (isExpired || !isRenewed) await this.#end("cancelled");
    else await this.#scheduleAlarm();
  }

  async #scheduleAlarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + ALARM_INTERVAL_MS);
  }

  #workspace({ state }: SuspendedCallStart) {
    return workspacesOf(this.env).getByName(state.slug);
  }

  async #send(start: SuspendedCallStart): Promise<SuspendedCallResult> {
    const { endpoint, headers, body, state, lease } = start;
    if (endpoint.transport === "sse") {
      const { id, clientCapabilities, via } = start;
      const { slug, progressToken } = state;
      const session = toHttpSseSessionKey(slug, lease);
      const request = { session, endpoint, clientCapabilities, body, id, progressToken, via };
      const call = { ...request, task: null };
      const sent = await sendInHttpSseSession(this.env, call);
      if (sent.ok) this.#messageUrl = sent.messageUrl;
      return sent;
    }
    const init = { method: "POST", headers, body } as const;
    return guardedFetch(endpoint.url, init, this.#options(start), null);
  }

  async #openSessionStream(start: SuspendedCallStart): Promise<void> {
    const { endpoint, sessionId } = start;
    if (sessionId === null) return;
    const opened = await openSessionStream(endpoint, sessionId, this.#options(start));
    if ("status" in opened) return;
    this.#sessionStream = opened.events;
    if (this.#call === null) this.#sessionStream.cancel();
  }

  #streamToClient(): Response {
    const { readable, writable } = new IdentityTransformStream();
    const client = new SseWriter(writable);
    this.#client = client;
    // The client disconnected, or its HTTP request was ended.
    client.closed.catch(() => this.#end("cancelled"));
    this.ctx.waitUntil(this.#relay(client));
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  }

  /** Relays the server's messages up to the response or to `input_required`. Ends the call when the client disconnects. */
  async #relay(client: SseWriter): Promise<void> {
    try {
      for (;;) {
        const hasRequests = this.#openRequests.size > 0;
        const read = this.#readNext();
        const next = hasRequests ? await withTimeout(read, SERVER_REQUEST_GATHER_MS) : await read;
        if (next === "late") {
          // Set before the write: the client can retry before the write is confirmed, and that clears it.
          this.#responseDueAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
          const wasSent = await client.writeLast(formatSse(this.#inputRequiredText()));
          if (!wasSent || !(await client.close())) await this.#end("cancelled");
          return;
        }
        this.#nextMessage = null;
        if ("code" in next) {
          await client.writeLast(formatFailure(next.code));
          break;
        }
        const kind = await this.#receive(next.data);
        if (kind === "server_request") continue;
        const event = formatSse(next.data);
        const isLast = kind === "response";
        const isWritten = await (isLast ? client.writeLast(event) : client.write(event));
        if (!isWritten) return await this.#end("cancelled");
        if (isLast) break;
      }
      await this.#end("done");
      await client.close();
    } catch (error) {
      logFailure("relay_suspended_call_failed", error);
      await this.#end("cancelled");
    }
  }

  #readNext(): Promise<NextMessage> {
    this.#nextMessage ??= this.#readEither();
    return this.#nextMessage;
  }

  /** The next message of either stream. The end of the session's stream is ignored: the call's stream goes on. */
  async #readEither(): Promise<NextMessage> {
    for (;;) {
      this.#nextOfCall ??=
        this.#callStream?.next() ?? Promise.resolve({ code: "upstream_unreachable" });
      this.#nextOfSession ??= this.#sessionStream?.next() ?? null;
      const ofCall = this.#nextOfCall.then((next) => ({ next, isOfCall: true }));
      const ofSession = this.#nextOfSession?.then((next) => ({ next, isOfCall: false }));
      const { next, isOfCall } = await Promise.race(ofSession ? [ofSession, ofCall] : [ofCall]);
      if (isOfCall) this.#nextOfCall = null;
      else this.#nextOfSession = null;
      if (isOfCall || "data" in next) return next;
      this.#sessionStream = null;
    }
  }

  /** Classifies a server's message. Server requests are kept for the client, or responded to here if unsupported. */
  async #receive(data: string): Promise<"server_request" | "response" | "other"> {
    const message = parseObject(data);
    const call = this.#call;
    if (!message || !call) return "other";
    const { method, params } = message;
    const id = JSON.stringify(message["id"]);
    if (typeof method !== "string") return id === call.id ? "response" : "other";
    if (message["id"] === undefined) return "other";
    const isSupported =
      this.#openRequests.size < MAX_OPEN_SERVER_REQUESTS &&
      supportsServerRequest(call.clientCapabilities, method, params);
    const scan = isSupported ? scanJson(data, RESPONSE_LIMITS) : null;
    if (scan?.ok) {
      this.#requestCount += 1;
      const request = { id, method, params: findMemberText(data, scan.root, "params") ?? null };
      this.#openRequests.set(`request-${this.#requestCount}`, request);
    } else if (this.#localResponses.add(Date.now()))
      await this.#sendToServer(formatLocalResponse(id, method));
    return "server_request";
  }

  /** The open requests as an `input_required` response, with a new `requestState`. */
  #inputRequiredText(): string {
    const { id = "null", state } = this.#call ?? {};
    const expiresAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
    const sealed = seal(this.env.MCPNEST_MASTER_KEYS, "suspended-call", state, expiresAt);
    return formatInputRequired(id, this.#openRequests, JSON.stringify(sealed));
  }

  async #end(how: "done" | "cancelled"): Promise<void> {
    const call = this.#call;
    if (!call) return;
    this.#call = null;
    this.#responseDueAt = null;
    this.#openRequests.clear();
    if (how === "cancelled") await this.#cancel(call);
    this.#callStream?.cancel();
    this.#callStream = null;
    this.#sessionStream?.cancel();
    this.#sessionStream = null;
    const { endpoint, sessionId, lease } = call;
    if (lease.ownsSession)
      await closeUpstreamSession(endpoint, { ...endpoint, sessionId }, this.#options(call));
    await this.#workspace(call)
      .releaseCallLease(lease.holder)
      .catch((error: unknown) => logFailure("release_call_lease_failed", error));
  }

  async #cancel(call: SuspendedCallStart): Promise<void> {
    const { endpoint, id, lease, state } = call;
    if (endpoint.transport !== "sse") return this.#post(call, formatCancelled(id));
    await cancelInHttpSseSession(this.env, toHttpSseSessionKey(state.slug, lease), null, id);
  }

  async #sendToServer(text: string): Promise<void> {
    if (this.#call) await this.#post(this.#call, text);
  }

  #post(call: SuspendedCallStart, text: string): Promise<void> {
    const peer = { ...call.endpoint, url: this.#messageUrl };
    return postMessage(peer, text, call.sessionId, this.#options(call));
  }

  #options({ endpoint, via }: SuspendedCallStart): UpstreamOptions {
    return { budgets: budgetsOf(this.env), ...egressOf(this.env, endpoint.hosted), via };
  }
}

function toEventStream(text: string): Response {
  return new Response(formatSse(text), { headers: { "content-type": "text/event-stream" } });
}
