import {
  CONNECTION_STREAM_LIMITS,
  MAX_LOCAL_RESPONSES_PER_MINUTE,
  MAX_RESPONSE_BYTES,
} from "../contract/limits.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { respondLocally } from "../mcp/json-rpc.ts";
import { readSse, type SseEvent } from "../mcp/sse.ts";
import { StreamMeter } from "../mcp/stream-meter.ts";
import { MinuteCount } from "../runtime/minute-count.ts";
import { withTimeout } from "../runtime/with-timeout.ts";
import { discardBody, guardedFetch } from "./guarded-fetch.ts";
import { initialize, type Offer } from "./handshake.ts";
import {
  makeRequest,
  parseResponse,
  readText,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { closeEvents, isJson, openEventStream } from "./open-stream.ts";
import { redact } from "./redaction.ts";
import { ResponseWait } from "./response-wait.ts";
import { findMessage, quoteServer } from "./server-message.ts";
import { badResponse, httpError, timeoutError, toStreamError } from "./upstream-errors.ts";
import { INITIALIZED, toUpstreamSession, type OpenedUpstreamSession } from "./upstream-sessions.ts";

/** Most time between two messages of a connection that is kept: a quiet server is not a broken one. */
export const LONGEST_SILENCE_MS = 24 * 60 * 60_000;

const NO_ENDPOINT = badResponse(
  "The server's event stream did not name an endpoint on its own origin",
);
const SILENT: UpstreamError = {
  code: "upstream_timeout",
  message: "No response arrived on the server's event stream in time",
};

/** The statuses with which servers refuse messages for a connection that they do not know, for example after a restart. */
const UNKNOWN_CONNECTION = [400, 404, 405, 410];

/** Why a message was not accepted. */
export interface PostRefusal {
  error: UpstreamError;
  /** Whether the status and the body are those for a connection that the server does not know. */
  isUnknownConnection: boolean;
  /** A JSON body: it can be the response to the message. Null: another body. */
  json: string | null;
}

/** The next message of a stream, or why there is none. */
type NextText = { ok: true; text: string } | { ok: false; error: UpstreamError };

/**
 * A connection of the HTTP+SSE transport (2024-11-05): one event stream on which all responses arrive, and an endpoint,
 * named by the stream's first event, that takes messages by POST. An endpoint on another origin is refused: it would
 * receive the server's credential.
 */
export class SseConnection {
  readonly #peer: Peer;
  readonly #options: UpstreamOptions;
  readonly #response: Response;
  readonly #events: AsyncGenerator<SseEvent>;
  readonly #endpoint: string;
  readonly #meter: StreamMeter;
  readonly #localResponses = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);
  /** Called when bytes of the event stream arrive. */
  onBytes: () => void = () => undefined;

  private constructor(
    peer: Peer,
    options: UpstreamOptions,
    response: Response,
    events: AsyncGenerator<SseEvent>,
    endpoint: string,
    meter: StreamMeter,
  ) {
    this.#peer = peer;
    this.#options = options;
    this.#response = response;
    this.#events = events;
    this.#endpoint = endpoint;
    this.#meter = meter;
  }

  /**
   * Opens the event stream and waits for its endpoint, each within the connect budget. `meter` limits what the stream
   * carries.
   */
  static async open(
    peer: Peer,
    options: UpstreamOptions,
    meter = new StreamMeter(CONNECTION_STREAM_LIMITS),
  ): Promise<{ ok: true; connection: SseConnection } | { ok: false; error: UpstreamError }> {
    const { budgets, maxMessageBytes = MAX_RESPONSE_BYTES } = options;
    const { connectMs } = budgets;
    const headers = { ...peer.headers, accept: "text/event-stream" };
    const opened = await openEventStream(peer.url, { method: "GET", headers }, options, connectMs);
    if (!opened.ok) return opened;
    let connection: SseConnection | null = null;
    const events = readSse(opened.body, {
      onBytes: () => connection?.onBytes(),
      maxBytes: maxMessageBytes,
      meter,
    });
    const named = await findEndpoint(events, peer.url, connectMs);
    if (!named.ok) {
      closeEvents(events);
      return named;
    }
    connection = new SseConnection(peer, options, opened.response, events, named.endpoint, meter);
    return { ok: true, connection };
  }

  /** The URL that takes messages to the server. */
  get messageUrl(): string {
    return this.#endpoint;
  }

  /** A call was answered: the limits of the stream begin anew. */
  restartLimits(): void {
    this.#meter.restart();
  }

  /** The legacy handshake: `initialize`, then `notifications/initialized`. */
  async initialize(offer: Offer = {}): Promise<OpenedUpstreamSession> {
    const opened = toUpstreamSession(
      await initialize((params) => this.request("initialize", params), offer),
    );
    if (opened.ok) await this.post(INITIALIZED);
    return opened;
  }

  /** Sends a request of the gateway itself and waits for its response. */
  async request(method: string, params: Record<string, unknown>): Promise<JsonRpcResult> {
    const { id, text } = makeRequest("legacy", method, params);
    const refusal = await this.post(text);
    if (refusal) {
      const answer = parseResponse(refusal.json ?? "", id, this.#peer, this.#response);
      return answer ?? { ok: false, error: refusal.error };
    }
    const { budgets } = this.#options;
    const wait = new ResponseWait({ ...budgets, idleMs: budgets.firstByteMs });
    this.onBytes = () => wait.receiveBytes();
    for (;;) {
      const next = await wait.within(this.next(Date.now() + LONGEST_SILENCE_MS));
      if (next === "late") return { ok: false, error: SILENT };
      if (!next.ok) return next;
      const parsed = parseResponse(next.text, id, this.#peer, this.#response);
      if (parsed) return parsed;
    }
  }

  /** Sends a message to the server; null: the server accepted it. `via`: the gateways that the message has passed. */
  async post(text: string, via = this.#options.via): Promise<PostRefusal | null> {
    const headers = { ...this.#peer.headers, "content-type": "application/json" };
    const init = { method: "POST", headers, body: text } as const;
    const { firstByteMs } = this.#options.budgets;
    const sent = await guardedFetch(this.#endpoint, init, { ...this.#options, via }, firstByteMs);
    if (!sent.ok) return { error: sent.error, isUnknownConnection: false, json: null };
    const { response } = sent;
    if (response.ok) {
      await discardBody(response);
      return null;
    }
    const read = await readText(response, this.#options);
    const body = read.ok ? redact(read.text, this.#peer) : "";
    const { status } = response;
    return {
      error: httpError(status, quoteServer(findMessage(body), this.#peer)),
      isUnknownConnection: UNKNOWN_CONNECTION.includes(status) && !isJson(response),
      json: isJson(response) ? body : null,
    };
  }

  /**
   * The next message of the server, until `dueAt` (epoch ms). Server requests get their response here and are skipped, unless
   * `passesServerRequests`.
   */
  async next(dueAt: number, passesServerRequests = false): Promise<NextText> {
    for (;;) {
      const data = await this.#nextData(dueAt);
      if (!data.ok) return data;
      if (data.text === "") continue;
      const response = passesServerRequests ? null : respondLocally(data.text);
      if (response === null) return data;
      if (this.#localResponses.add(Date.now())) await this.post(response);
    }
  }

  /** Closes the event stream. */
  close(): void {
    closeEvents(this.#events);
  }

  async #nextData(dueAt: number): Promise<NextText> {
    try {
      const next = await withTimeout(this.#events.next(), dueAt - Date.now());
      if (next === "late") return { ok: false, error: SILENT };
      if (!next.done) return { ok: true, text: redact(next.value.data, this.#peer) };
      return {
        ok: false,
        error: badResponse("The server closed its event stream without a response"),
      };
    } catch (error) {
      return { ok: false, error: toStreamError(error) };
    }
  }
}

/**
 * Reads the stream up to its `endpoint` event. Servers can send a reconnection time, pings or other events before it. A
 * stream that ends, fails, or sends only other events names no endpoint.
 */
async function findEndpoint(
  events: AsyncGenerator<SseEvent>,
  base: string,
  withinMs: number,
): Promise<{ ok: true; endpoint: string } | { ok: false; error: UpstreamError }> {
  const dueAt = Date.now() + withinMs;
  for (let hasOtherEvents = false; ; hasOtherEvents = true) {
    // A failed read means the same as a stream without an endpoint.
    const next = await withTimeout(events.next(), dueAt - Date.now()).catch(() => null);
    if (next === "late" && !hasOtherEvents) return { ok: false, error: timeoutError(withinMs) };
    if (next === null || next === "late" || next.done) return { ok: false, error: NO_ENDPOINT };
    const isEndpoint = next.value.event === "endpoint";
    const endpoint = isEndpoint ? parseEndpoint(next.value.data, base) : null;
    if (endpoint !== null) return { ok: true, endpoint };
    if (isEndpoint || Date.now() >= dueAt) return { ok: false, error: NO_ENDPOINT };
  }
}

/** The endpoint's URL; null: it is malformed, or on another origin. */
function parseEndpoint(data: string, base: string): string | null {
  if (!URL.canParse(data, base)) return null;
  const endpoint = new URL(data, base);
  return endpoint.origin === new URL(base).origin ? endpoint.href : null;
}
