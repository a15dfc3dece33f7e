import { CALL_STREAM_LIMITS, NO_STREAM_LIMITS, type StreamLimits } from "../contract/limits.ts";
import type { Endpoint } from "../contract/rpc/admission.ts";
import type { UpstreamErrorCode } from "../contract/rpc/tool-catalogue.ts";
import { formatSse, readSse, type SseEvent } from "../mcp/sse.ts";
import { StreamMeter } from "../mcp/stream-meter.ts";
import type { UpstreamOptions } from "./json-rpc.ts";
import { closeEvents, openEventStream, type OpenedStream } from "./open-stream.ts";
import { redactorFor, type Redactor } from "./redaction.ts";
import { toStreamError } from "./upstream-errors.ts";

/** Most attempts to resume a stream without an event in between. */
const MAX_EMPTY_REOPENS = 3;
/** Pause before a stream is resumed: if the server names none, and at most. */
const REOPEN_AFTER_MS = 1_000;
const MAX_REOPEN_AFTER_MS = 10_000;

/** Resumes a stream after the event of this id; null: the server does not. */
export type Reopen = (lastEventId: string) => Promise<ReadableStream<Uint8Array> | null>;

/** Opens a Streamable HTTP server's GET stream: of the session, or the rest of an interrupted one (2025-11-25). */
function openGetStream(
  endpoint: Pick<Endpoint, "url" | "headers" | "protocolVersion">,
  sessionId: string | null,
  lastEventId: string | null,
  options: UpstreamOptions,
): Promise<OpenedStream> {
  const headers = {
    ...endpoint.headers,
    accept: "text/event-stream",
    "mcp-protocol-version": endpoint.protocolVersion,
    ...(sessionId === null ? {} : { "mcp-session-id": sessionId }),
    ...(lastEventId === null ? {} : { "last-event-id": lastEventId }),
  };
  const { firstByteMs } = options.budgets;
  return openEventStream(endpoint.url, { method: "GET", headers }, options, firstByteMs);
}

/** Time until the next attempt to open the GET stream of a server that offers none. */
const NO_STREAM_MS = 10 * 60_000;
/** Most servers that are remembered to offer none. */
const MAX_REMEMBERED = 1_000;
/** Pauses before further attempts: a server with one stream a session takes a moment to notice that the last one closed. */
const RETRY_AFTER_MS = [50, 100, 150];
/** By server id: until when (epoch ms) no GET stream is opened. A property of the server, the same for all callers. */
const noStreamUntil = new Map<string, number>();

/** Opens the GET stream of a session. `status`: of the server's refusal, now or in the last ten minutes; null: no response. */
export async function openSessionStream(
  endpoint: Pick<Endpoint, "serverId" | "url" | "headers" | "credentials" | "protocolVersion">,
  sessionId: string,
  options: UpstreamOptions,
): Promise<{ events: UpstreamEvents } | { status: number | null }> {
  const { serverId } = endpoint;
  if ((noStreamUntil.get(serverId) ?? 0) > Date.now()) return { status: 405 };
  let opened = await openGetStream(endpoint, sessionId, null, options);
  for (const waitMs of RETRY_AFTER_MS) {
    if (opened.ok || opened.error.status !== 409) break;
    await scheduler.wait(waitMs);
    opened = await openGetStream(endpoint, sessionId, null, options);
  }
  if (opened.ok) return { events: new UpstreamEvents(opened.body, redactorFor(endpoint)) };
  if (opened.error.status === 405) {
    if (noStreamUntil.size >= MAX_REMEMBERED) noStreamUntil.clear();
    noStreamUntil.set(serverId, Date.now() + NO_STREAM_MS);
  }
  return { status: opened.error.status ?? null };
}

/** Resumes interrupted streams of this endpoint and session with `Last-Event-ID`. */
export function reopenAt(
  endpoint: Pick<Endpoint, "url" | "headers" | "protocolVersion">,
  sessionId: string | null,
  options: UpstreamOptions,
): Reopen {
  return async (lastEventId) => {
    const opened = await openGetStream(endpoint, sessionId, lastEventId, options);
    return opened.ok ? opened.body : null;
  };
}

/** Why a stream ended. */
const FAILURES = [
  "upstream_too_large",
  "upstream_flood",
  "upstream_unreachable",
  "upstream_bad_response",
] as const;
/** The stream is not resumed after these: its rest is as large. */
const FINAL_FAILURES: readonly StreamFailure[] = ["upstream_too_large", "upstream_flood"];
type StreamFailure = (typeof FAILURES)[number];
/** The event that says why, on the stream on which an object of the gateway relays a server's stream. */
const FAILURE_EVENT = "upstream-failure";

/** The last event of a relayed stream, when the server's stream ended without the response. */
export function formatFailure(code: UpstreamErrorCode): string {
  return formatSse(code, FAILURE_EVENT);
}

function toFailure(code: string): StreamFailure {
  return FAILURES.find((known) => known === code) ?? "upstream_bad_response";
}

/** The next message of a stream as JSON text, or why there is none. */
export type NextMessage = { data: string } | { code: StreamFailure };

/** A stream that does not exist, or not any more. */
export const STREAM_ENDED: NextMessage = { code: "upstream_unreachable" };

/** How an event stream is read. */
export interface EventsOptions {
  /** Null: the stream is not resumed. */
  reopen?: Reopen | null;
  /** See `UpstreamEvents`. */
  onBytes?: () => void;
  /** What the stream can carry; absent: as much as that of a call. */
  limits?: StreamLimits;
  /** Whether an object of the gateway relays the stream, limits it, and ends it with `formatFailure`. */
  isRelayed?: boolean;
}

/**
 * The messages of an upstream's event stream, without the secrets that the server was sent. A server can close a stream in
 * the middle of a call and expect the client to resume it. Streams whose events have ids are resumed (2025-11-25, streamable HTTP, "Resumability and Redelivery").
 */
export class UpstreamEvents {
  #events: AsyncGenerator<SseEvent>;
  readonly #reopen: Reopen | null;
  /** Called when bytes arrive, those of comments included. */
  onBytes: () => void;
  readonly #isRelayed: boolean;
  readonly #meter: StreamMeter;
  readonly #redactor: Redactor | null;
  #lastEventId = "";
  #retryMs = REOPEN_AFTER_MS;
  #emptyReopens = 0;
  #cancelled = false;
  #peeked: Promise<NextMessage> | null = null;
  #wake: () => void = () => undefined;

  constructor(
    body: ReadableStream<Uint8Array>,
    redactor: Redactor | null,
    {
      reopen = null,
      onBytes = () => undefined,
      limits = CALL_STREAM_LIMITS,
      isRelayed = false,
    }: EventsOptions = {},
  ) {
    this.onBytes = onBytes;
    this.#meter = new StreamMeter(isRelayed ? NO_STREAM_LIMITS : limits);
    this.#events = this.#readBody(body);
    this.#reopen = reopen;
    this.#isRelayed = isRelayed;
    this.#redactor = redactor;
  }

  /** The next message, which stays on the stream. Never throws. */
  peek(): Promise<NextMessage> {
    this.#peeked ??= this.#readMessage();
    return this.#peeked;
  }

  /** The next message, or why there are no more. Never throws. */
  next(): Promise<NextMessage> {
    const peeked = this.#peeked;
    this.#peeked = null;
    return peeked ?? this.#readMessage();
  }

  async #readMessage(): Promise<NextMessage> {
    for (;;) {
      const event = await this.#read();
      if ("code" in event) {
        if (FINAL_FAILURES.includes(event.code) || !(await this.#resume())) return event;
        continue;
      }
      this.#emptyReopens = 0;
      if (event.id !== null) this.#lastEventId = event.id;
      if (event.retry !== null) this.#retryMs = Math.min(event.retry, MAX_REOPEN_AFTER_MS);
      if (event.data !== "") return { data: this.#redactor?.redact(event.data) ?? event.data };
    }
  }

  /** Ends the stream; a pending `next` ends with it. */
  cancel(): void {
    this.#cancelled = true;
    this.#wake();
    closeEvents(this.#events);
  }

  async #read(): Promise<SseEvent | Exclude<NextMessage, { data: string }>> {
    try {
      const next = await this.#events.next();
      if (next.done) return { code: "upstream_bad_response" };
      const failure =
        this.#isRelayed && next.value.event === FAILURE_EVENT ? next.value.data : null;
      if (failure === null) return next.value;
      return { code: toFailure(failure) };
    } catch (error) {
      return { code: toFailure(toStreamError(error).code) };
    }
  }

  #readBody(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
    return readSse(body, { onBytes: () => this.onBytes(), meter: this.#meter });
  }

  #isCancelled(): boolean {
    return this.#cancelled;
  }

  async #resume(): Promise<boolean> {
    if (!this.#reopen || this.#lastEventId === "") return false;
    while (!this.#isCancelled() && this.#emptyReopens < MAX_EMPTY_REOPENS) {
      this.#emptyReopens += 1;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#retryMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const body = this.#isCancelled() ? null : await this.#reopen(this.#lastEventId);
      if (!body) continue;
      this.#events = this.#readBody(body);
      if (this.#isCancelled()) this.cancel();
      return !this.#isCancelled();
    }
    return false;
  }
}
