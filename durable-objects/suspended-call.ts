import { DurableObject } from "cloudflare:workers";
import {
  CLIENT_RESPONSE_TIMEOUT_MS,
  SERVER_REQUEST_GATHER_MS,
  SESSION_STREAM_OPEN_MS,
} from "../workers/contract/limits.ts";
import { toHttpSseSessionKey } from "../workers/contract/rpc/http-sse-session.ts";
import type {
  SuspendedCallRequest,
  SuspendedCallResult,
  SuspendedCallRpc,
  SuspendedCallStart,
} from "../workers/contract/rpc/suspended-call.ts";
import { seal } from "../workers/crypto/seal.ts";
import { formatCancelled } from "../workers/mcp/json-rpc.ts";
import { SseWriter } from "../workers/mcp/sse-writer.ts";
import { formatSse } from "../workers/mcp/sse.ts";
import type { Env } from "../workers/runtime/env.ts";
import { logFailure } from "../workers/runtime/log.ts";
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
import { MergedEvents } from "../workers/upstream/merged-events.ts";
import { isEventStream } from "../workers/upstream/open-stream.ts";
import { redactorFor } from "../workers/upstream/redaction.ts";
import {
  openSessionStream,
  reopenAt,
  UpstreamEvents,
  formatFailure,
  STREAM_ENDED,
  type EventsOptions,
  type NextMessage,
} from "../workers/upstream/upstream-events.ts";
import { closeUpstreamSession } from "../workers/upstream/upstream-sessions.ts";
import { OpenRequests } from "./elicitation/open-requests.ts";
import { Heartbeat } from "./heartbeat.ts";

/** Interval of lease renewals. The Workspace object hibernates in between. */
const RENEW_INTERVAL_MS = 30_000;

/**
 * One call of a modern client to a legacy server that can send requests. The object keeps the server's event stream while
 * the client responds in another HTTP request. Its state is in memory: an eviction loses the call. It stores nothing, so
 * that nothing of it remains.
 */
export class SuspendedCall extends DurableObject<Env> implements SuspendedCallRpc {
  /** The stream to the client; null: none was opened yet. */
  #client: SseWriter | null = null;
  /** Null: not begun, or ended. */
  #call: SuspendedCallStart | null = null;
  #callStream: UpstreamEvents | null = null;
  /** The session's own stream, on which some servers send requests; null: it is not open. */
  #sessionStream: UpstreamEvents | null = null;
  /** The messages of both. */
  #messages: MergedEvents | null = null;
  /** The pending read; one that timed out is awaited again. */
  #nextMessage: Promise<NextMessage> | null = null;
  #messageUrl = "";
  readonly #openRequests = new OpenRequests();
  /** When the client's time to respond ends (epoch ms); null: no server request is open. */
  #responseDueAt: number | null = null;
  readonly #heartbeat = new Heartbeat(this.ctx, RENEW_INTERVAL_MS, () => this.#renew());

  /** See `SuspendedCallRpc`. */
  async begin(
    start: SuspendedCallStart,
    request: SuspendedCallRequest,
  ): Promise<SuspendedCallResult> {
    this.#hold(start, start.endpoint.url);
    const opening = this.#openSessionStream(start);
    await withTimeout(opening, SESSION_STREAM_OPEN_MS);
    const sent = await this.#send(start, request);
    const response = sent.ok ? sent.response : null;
    const body: ReadableStream<Uint8Array> | null = response?.body ?? null;
    if (!response?.ok || !body || !isEventStream(response)) {
      await this.#end("done");
      return sent;
    }
    const { endpoint, sessionId } = start;
    const isRelayed = endpoint.transport === "sse";
    const reopen = isRelayed ? null : reopenAt(endpoint, sessionId, this.#options(start));
    this.#read(body, start, { reopen, isRelayed }, opening);
    return { ok: true, response: toEventStream(this.#streamToClient()) };
  }

  /** See `SuspendedCallRpc`. */
  takeOver(
    start: SuspendedCallStart,
    messages: ReadableStream<Uint8Array>,
    messageUrl: string,
  ): ReadableStream<Uint8Array> {
    this.#hold(start, messageUrl);
    this.#read(messages, start, { isRelayed: true }, null);
    return this.#streamToClient();
  }

  /** See `SuspendedCallRpc`. Requests that stay open are sent to the client again. */
  async resume(responses: ReadonlyMap<string, string>): Promise<Response | null> {
    if (!this.#call || !this.#callStream || this.#openRequests.size === 0) return null;
    // Before the first await, so that a concurrent retry with the same responses finds no open request.
    const answers = this.#openRequests.takeAnswered(responses);
    const isComplete = this.#openRequests.size === 0;
    if (isComplete) this.#responseDueAt = null;
    for (const answer of answers) await this.#sendToServer(answer);
    return toEventStream(
      isComplete ? this.#streamToClient() : formatSse(this.#inputRequiredText()),
    );
  }

  /** Renews the lease; ends the call when its time is over or its token is no longer valid. False: it has ended. */
  async #renew(): Promise<boolean> {
    const call = this.#call;
    if (!call) return false;
    const isExpired = this.#responseDueAt !== null && this.#responseDueAt <= Date.now();
    const isRenewed = await this.#workspace(call)
      .renewCallLease(call.lease)
      .catch((error: unknown) => {
        logFailure("renew_call_lease_failed", error);
        // The next renewal tries again.
        return true;
      });
    if (isExpired || !isRenewed) await this.#end("cancelled");
    return this.#call !== null;
  }

  #hold(start: SuspendedCallStart, messageUrl: string): void {
    this.#call = start;
    this.#messageUrl = messageUrl;
    this.#heartbeat.start();
  }

  /** Reads the call's stream, and the session's as soon as it is open; null: it is not opened here. */
  #read(
    body: ReadableStream<Uint8Array>,
    { endpoint }: SuspendedCallStart,
    options: EventsOptions,
    session: Promise<UpstreamEvents | null> | null,
  ): void {
    const onBytes = () => void this.#client?.writeComment();
    this.#callStream = new UpstreamEvents(body, redactorFor(endpoint), { ...options, onBytes });
    const next = async () => (await session)?.next() ?? STREAM_ENDED;
    this.#messages = new MergedEvents(this.#callStream, session && { next });
  }

  #workspace({ state }: SuspendedCallStart) {
    return workspacesOf(this.env).getByName(state.slug);
  }

  async #send(
    start: SuspendedCallStart,
    { headers, body }: SuspendedCallRequest,
  ): Promise<SuspendedCallResult> {
    const { endpoint, state, lease } = start;
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

  /** Null: there is no session, or it has no stream. */
  async #openSessionStream(start: SuspendedCallStart): Promise<UpstreamEvents | null> {
    const { endpoint, sessionId } = start;
    if (sessionId === null) return null;
    const opened = await openSessionStream(endpoint, sessionId, this.#options(start));
    if ("status" in opened) return null;
    this.#sessionStream = opened.events;
    if (this.#call === null) opened.events.cancel();
    return opened.events;
  }

  #streamToClient(): ReadableStream<Uint8Array> {
    const { readable, writable } = new IdentityTransformStream();
    const client = new SseWriter(writable);
    this.#client = client;
    // The client disconnected, or its HTTP request was ended.
    client.closed.catch(() => this.#end("cancelled"));
    this.ctx.waitUntil(this.#relay(client));
    return readable;
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
          this.ctx.waitUntil(this.#endWithStream(read));
          const wasSent = await client.writeLast(formatSse(this.#inputRequiredText()));
          if (!wasSent || !(await client.close())) await this.#end("cancelled");
          return;
        }
        this.#nextMessage = null;
        if ("code" in next) {
          await client.writeLast(formatFailure(next.code));
          break;
        }
        if (!this.#call) break;
        const message = this.#openRequests.receive(next.data, this.#call);
        if (message.kind === "server_request") {
          if (message.reply !== null) await this.#sendToServer(message.reply);
          continue;
        }
        const event = formatSse(next.data);
        const isLast = message.kind === "response";
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
    this.#nextMessage ??=
      this.#messages?.next().then(({ next }) => next) ?? Promise.resolve(STREAM_ENDED);
    return this.#nextMessage;
  }

  /** Ends a call whose server closes the stream while the client is to respond: a response could not continue it. */
  async #endWithStream(read: Promise<NextMessage>): Promise<void> {
    const next = await read;
    if ("code" in next && this.#responseDueAt !== null) await this.#end("cancelled");
  }

  /** The open requests as an `input_required` response, with a new `requestState`. */
  #inputRequiredText(): string {
    const { id = "null", state } = this.#call ?? {};
    const expiresAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
    const sealed = seal(this.env.MCPNEST_MASTER_KEYS, "suspended-call", state, expiresAt);
    return this.#openRequests.formatInputRequired(id, JSON.stringify(sealed));
  }

  async #end(how: "done" | "cancelled"): Promise<void> {
    const call = this.#call;
    if (!call) return;
    this.#call = null;
    this.#responseDueAt = null;
    this.#heartbeat.stop();
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

function toEventStream(events: ReadableStream<Uint8Array> | string): Response {
  return new Response(events, { headers: { "content-type": "text/event-stream" } });
}
