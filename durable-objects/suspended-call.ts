import { DurableObject } from "cloudflare:workers";
import { MAX_OPEN_SERVER_REQUESTS, SESSION_STREAM_OPEN_MS } from "../workers/contract/limits.ts";
import type { Endpoint } from "../workers/contract/rpc/admission.ts";
import type { SuspendedCallResult } from "../workers/contract/rpc/suspended-call.ts";
import type {
  SuspendedCallRpc,
  SuspendedCallStart,
} from "../workers/contract/rpc/suspended-call.ts";
import { seal } from "../workers/crypto/seal.ts";
import { supportsServerRequest } from "../workers/mcp/client-capabilities.ts";
import { isObject, parseObject } from "../workers/mcp/json.ts";
import { formatSse } from "../workers/mcp/sse.ts";
import { budgetsOf, type Env } from "../workers/runtime/env.ts";
import { egressOf } from "../workers/upstream/egress.ts";
import { guardedFetch } from "../workers/upstream/guarded-fetch.ts";
import { sendOverSse } from "../workers/upstream/http-sse.ts";
import { postMessage, withTimeout, type UpstreamOptions } from "../workers/upstream/json-rpc.ts";
import {
  openSessionStream,
  reopenAt,
  UpstreamEvents,
  type NextMessage,
} from "../workers/upstream/upstream-events.ts";
import { closeUpstreamSession } from "../workers/upstream/upstream-sessions.ts";

interface Question {
  /** JSON text of the server's own id. */
  id: string;
  method: string;
  params: unknown;
}

/** How long a person may think about a question. */
const HELD_MS = 10 * 60_000;
/** How long after a question others are waited for. */
const GATHER_MS = 50;
/** An object without events is stopped, and the call with it: an alarm is one. */
const AWAKE_EVERY_MS = 5_000;

const encoder = new TextEncoder();

/**
 * One call of a modern client to a legacy server that may ask back. The server waits on its open stream, the client
 * answers in another request: this object holds the stream in between. It lives in memory; when it stops, the call is lost.
 */
export class SuspendedCall extends DurableObject<Env> implements SuspendedCallRpc {
  #start: SuspendedCallStart | null = null;
  #events: UpstreamEvents | null = null;
  /** The session's own stream, on which some servers ask. No other call that can be asked uses the session meanwhile. */
  #sessionEvents: UpstreamEvents | null = null;
  #pending: Promise<NextMessage> | null = null;
  #pendingOfCall: Promise<NextMessage> | null = null;
  #pendingOfSession: Promise<NextMessage> | null = null;
  #messageUrl = "";
  readonly #asked = new Map<string, Question>();
  #questions = 0;
  #heldUntil = 0;

  /** Sends the call; an event stream comes back up to the answer or to the server's first question, as `input_required`. */
  async begin(start: SuspendedCallStart): Promise<SuspendedCallResult> {
    this.#start = start;
    this.#messageUrl = start.endpoint.url;
    await this.#stayAwake();
    await withTimeout(this.#listen(start), SESSION_STREAM_OPEN_MS);
    const sent = await this.#send(start);
    const response = sent.ok ? sent.response : null;
    const body: ReadableStream<Uint8Array> | null = response?.body ?? null;
    const type = response?.headers.get("content-type") ?? "";
    if (!response?.ok || !body || !/^text\/event-stream\b/i.test(type)) {
      await this.#end("done");
      return sent;
    }
    const reopen =
      start.endpoint.transport === "sse"
        ? null
        : reopenAt(start.endpoint, start.sessionId, this.#options(start.endpoint));
    this.#events = new UpstreamEvents(body, reopen);
    return { ok: true, response: this.#stream() };
  }

  /** Brings the client's answers to the server and goes on with its stream; null: nothing is held here any more. */
  async answer(responses: Record<string, unknown>): Promise<Response | null> {
    const start = this.#start;
    if (!start || !this.#events || this.#asked.size === 0) return null;
    const given = [...this.#asked].filter(([key]) => isObject(responses[key]));
    // All at once, so that a second request with the same answers finds nothing asked any more.
    for (const [key] of given) this.#asked.delete(key);
    const isComplete = this.#asked.size === 0;
    if (isComplete) this.#heldUntil = 0;
    for (const [key, { id }] of given)
      await this.#post(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(responses[key])}}`);
    return isComplete ? this.#stream() : toStream(this.#questionsText());
  }

  override async alarm(): Promise<void> {
    const start = this.#start;
    if (!start) return;
    const isOver = this.#heldUntil !== 0 && this.#heldUntil <= Date.now();
    // A Workspace that cannot be asked now is asked again.
    const mayGoOn = await this.#workspace(start)
      .renewCallLease(start.hold)
      .catch(() => true);
    if (isOver || !mayGoOn) await this.#end("cancelled");
    else await this.#stayAwake();
  }

  async #stayAwake(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + AWAKE_EVERY_MS);
  }

  #workspace({ state }: SuspendedCallStart) {
    return this.env.WORKSPACES.getByName(state.slug);
  }

  async #send({
    endpoint,
    headers,
    body,
    id,
    clientCapabilities,
  }: SuspendedCallStart): Promise<SuspendedCallResult> {
    if (endpoint.transport === "sse") {
      const sent = await sendOverSse(
        endpoint,
        body,
        id,
        this.#options(endpoint),
        clientCapabilities,
      );
      if (sent.ok) this.#messageUrl = sent.messageUrl;
      return sent;
    }
    const { allowPrivate, network } = this.#options(endpoint);
    return guardedFetch(
      endpoint.url,
      { method: "POST", headers, body },
      { allowPrivate, network, firstByteMs: null },
    );
  }

  async #listen({ endpoint, sessionId }: SuspendedCallStart): Promise<void> {
    if (sessionId === null) return;
    const opened = await openSessionStream(endpoint, sessionId, this.#options(endpoint));
    if ("status" in opened) return;
    this.#sessionEvents = opened.events;
    if (this.#start === null) this.#sessionEvents.cancel();
  }

  #stream(): Response {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    // The client, or the time of its request, is gone: nobody will read what the server says.
    writer.closed.catch(() => this.#end("cancelled"));
    this.ctx.waitUntil(this.#pump(writer));
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  }

  async #pump(writer: WritableStreamDefaultWriter): Promise<void> {
    const write = (data: string) => writer.write(encoder.encode(formatSse(data)));
    try {
      for (;;) {
        // Servers may ask several things at once: what comes close together goes to the client together.
        const isAsking = this.#asked.size > 0;
        const next = isAsking ? await withTimeout(this.#next(), GATHER_MS) : await this.#next();
        if (next === "late") {
          await write(this.#questionsText());
          this.#heldUntil = Date.now() + HELD_MS;
          return await writer.close();
        }
        this.#pending = null;
        if ("code" in next) break;
        const kind = await this.#receive(next.data);
        if (kind === "answer" || kind === "other") await write(next.data);
        if (kind === "answer") break;
      }
      await this.#end("done");
      await writer.close();
    } catch {
      await this.#end("cancelled");
    }
  }

  /** The message that comes next; asked for again before it has come, the same one. */
  #next(): Promise<NextMessage> {
    this.#pending ??= this.#nextOfEither();
    return this.#pending;
  }

  /** The end of the session's stream is nothing: its server goes on with the call. */
  async #nextOfEither(): Promise<NextMessage> {
    for (;;) {
      this.#pendingOfCall ??=
        this.#events?.next() ?? Promise.resolve({ code: "upstream_unreachable" });
      this.#pendingOfSession ??= this.#sessionEvents?.next() ?? null;
      const ofCall = this.#pendingOfCall.then((next) => ({ next, isOfCall: true }));
      const ofSession = this.#pendingOfSession?.then((next) => ({ next, isOfCall: false }));
      const { next, isOfCall } = await Promise.race(ofSession ? [ofSession, ofCall] : [ofCall]);
      if (isOfCall) this.#pendingOfCall = null;
      else this.#pendingOfSession = null;
      if (isOfCall || "data" in next) return next;
      this.#sessionEvents = null;
    }
  }

  /** Understands a message of the server as far as holding it needs. */
  async #receive(data: string): Promise<"question" | "refused" | "answer" | "other"> {
    const message = parseObject(data);
    const start = this.#start;
    if (!message || !start) return "other";
    const { id, method, params } = message;
    if (typeof method !== "string") return JSON.stringify(id) === start.id ? "answer" : "other";
    if (id === undefined) return "other";
    const question = { id: JSON.stringify(id), method, params };
    if (
      this.#asked.size < MAX_OPEN_SERVER_REQUESTS &&
      supportsServerRequest(start.clientCapabilities, method, params)
    ) {
      this.#questions += 1;
      this.#asked.set(`question-${this.#questions}`, question);
      return "question";
    }
    const error = '"error":{"code":-32601,"message":"This client cannot be asked"}';
    const member = method === "ping" ? '"result":{}' : error;
    await this.#post(`{"jsonrpc":"2.0","id":${question.id},${member}}`);
    return "refused";
  }

  /** The open questions as the result that a modern client knows (2026-07-28, multi round-trip requests). */
  #questionsText(): string {
    const inputRequests = Object.fromEntries(
      [...this.#asked].map(([key, { method, params }]) => [
        key,
        { method, params: withoutPageId(params) },
      ]),
    );
    const { id = "null", state } = this.#start ?? {};
    const expiresAt = Date.now() + HELD_MS;
    const requestState = seal(this.env.MCPNEST_MASTER_KEYS, "held-call", state, expiresAt);
    const result = { resultType: "input_required", inputRequests, requestState };
    return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`;
  }

  async #end(how: "done" | "cancelled"): Promise<void> {
    const start = this.#start;
    if (!start) return;
    this.#start = null;
    this.#heldUntil = 0;
    this.#asked.clear();
    if (how === "cancelled") {
      const params = `{"requestId":${start.id}}`;
      const text = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`;
      await this.#postAs(start, text);
    }
    this.#events?.cancel();
    this.#events = null;
    this.#sessionEvents?.cancel();
    this.#sessionEvents = null;
    const { endpoint, sessionId, hold } = start;
    if (hold.ownsSession)
      await closeUpstreamSession(endpoint, { ...endpoint, sessionId }, this.#options(endpoint));
    await this.#workspace(start)
      .releaseCallLease(hold.holder)
      .catch(() => undefined);
  }

  async #post(text: string): Promise<void> {
    if (this.#start) await this.#postAs(this.#start, text);
  }

  #postAs({ endpoint, sessionId }: SuspendedCallStart, text: string): Promise<void> {
    const options = this.#options(endpoint);
    return postMessage({ ...endpoint, url: this.#messageUrl }, text, sessionId, options);
  }

  #options({ hosted }: Endpoint): UpstreamOptions {
    return { budgets: budgetsOf(this.env), ...egressOf(this.env, hosted) };
  }
}

function toStream(text: string): Response {
  return new Response(formatSse(text), { headers: { "content-type": "text/event-stream" } });
}

/** Pages to open have no ids in the newer era. */
function withoutPageId(params: unknown): unknown {
  if (!isObject(params)) return params;
  const { elicitationId: _id, ...rest } = params;
  return rest;
}
