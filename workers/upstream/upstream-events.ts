import { MAX_SSE_LINE_BYTES } from "../contract/limits.ts";
import type { Endpoint } from "../contract/rpc/admission.ts";
import { readSse, SseLineTooLong, type SseEvent } from "../mcp/sse.ts";
import { bytesOf, guardedFetch } from "./guarded-fetch.ts";
import type { UpstreamOptions } from "./json-rpc.ts";

/** Times a stream is reopened without anything having come. */
const MAX_EMPTY_REOPENS = 3;
/** Wait before reopening, where the server names none, and at most. */
const REOPEN_AFTER_MS = 1_000;
const MAX_REOPEN_AFTER_MS = 10_000;

/** Opens a stream again behind the event of this id; null when the server does not. */
export type Reopen = (lastEventId: string) => Promise<ReadableStream<Uint8Array> | null>;

/** Asks a Streamable HTTP server for its event stream: that of the session, or the rest of one that broke off. `status`: the server's refusal, if one came. */
async function openEventStream(
  endpoint: Pick<Endpoint, "url" | "headers" | "protocolVersion">,
  sessionId: string | null,
  lastEventId: string | null,
  options: UpstreamOptions,
): Promise<{ body: ReadableStream<Uint8Array> } | { status: number | null }> {
  const headers = {
    ...endpoint.headers,
    accept: "text/event-stream",
    "mcp-protocol-version": endpoint.protocolVersion,
    ...(sessionId === null ? {} : { "mcp-session-id": sessionId }),
    ...(lastEventId === null ? {} : { "last-event-id": lastEventId }),
  };
  const { allowPrivate, network, signal, budgets } = options;
  const fetched = await guardedFetch(
    endpoint.url,
    { method: "GET", headers },
    { allowPrivate, network, signal, firstByteMs: budgets.firstByteMs },
  );
  if (!fetched.ok) return { status: null };
  const body = bytesOf(fetched.response);
  const type = fetched.response.headers.get("content-type") ?? "";
  if (body && fetched.response.ok && /^text\/event-stream\b/i.test(type)) return { body };
  await body?.cancel();
  return { status: fetched.response.status };
}

/** Servers that offer no stream beside their calls are not asked for it again for this long. */
const NONE_FOR_MS = 10 * 60_000;
const MAX_REMEMBERED = 1_000;
/** A server has one stream for a session, and takes a moment to notice that the call before has left it. */
const LEFT_AFTER_MS = [50, 100, 150];
/** When to ask a server again, by its id: a property of the server, the same for all callers. */
const askAgainAt = new Map<string, number>();

/** The stream on which a server speaks beside its calls. `status`: the server's refusal, now or in the last ten minutes. */
export async function openSessionStream(
  endpoint: Pick<Endpoint, "serverId" | "url" | "headers" | "protocolVersion">,
  sessionId: string,
  options: UpstreamOptions,
): Promise<{ events: UpstreamEvents } | { status: number | null }> {
  const { serverId } = endpoint;
  if ((askAgainAt.get(serverId) ?? 0) > Date.now()) return { status: 405 };
  let opened = await openEventStream(endpoint, sessionId, null, options);
  for (const waitMs of LEFT_AFTER_MS) {
    if ("body" in opened || opened.status !== 409) break;
    await scheduler.wait(waitMs);
    opened = await openEventStream(endpoint, sessionId, null, options);
  }
  if ("body" in opened) return { events: new UpstreamEvents(opened.body, null) };
  if (opened.status === 405) {
    if (askAgainAt.size >= MAX_REMEMBERED) askAgainAt.clear();
    askAgainAt.set(serverId, Date.now() + NONE_FOR_MS);
  }
  return opened;
}

export function reopenAt(
  endpoint: Pick<Endpoint, "url" | "headers" | "protocolVersion">,
  sessionId: string | null,
  options: UpstreamOptions,
): Reopen {
  return async (lastEventId) => {
    const opened = await openEventStream(endpoint, sessionId, lastEventId, options);
    return "body" in opened ? opened.body : null;
  };
}

export type NextMessage =
  | { data: string }
  | { code: "upstream_too_large" | "upstream_unreachable" | "upstream_bad_response" };

/**
 * The messages of an upstream's event stream. A server may close a stream in the middle of a call and expect to be asked
 * for the rest: where its events have ids, that is done (2025-11-25, streamable HTTP, "Resumability and Redelivery").
 */
export class UpstreamEvents {
  #events: AsyncGenerator<SseEvent>;
  readonly #reopen: Reopen | null;
  #lastEventId = "";
  #retryMs = REOPEN_AFTER_MS;
  #emptyReopens = 0;
  #cancelled = false;
  #wake: () => void = () => undefined;

  constructor(body: ReadableStream<Uint8Array>, reopen: Reopen | null) {
    this.#events = readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES });
    this.#reopen = reopen;
  }

  /** The next message, or why there is none any more. Never throws. */
  async next(): Promise<NextMessage> {
    for (;;) {
      const event = await this.#read();
      if ("code" in event) {
        if (event.code === "upstream_too_large" || !(await this.#resume())) return event;
        continue;
      }
      this.#emptyReopens = 0;
      if (event.id !== null) this.#lastEventId = event.id;
      if (event.retry !== null) this.#retryMs = Math.min(event.retry, MAX_REOPEN_AFTER_MS);
      if (event.data !== "") return { data: event.data };
    }
  }

  /** Ends the stream; a pending `next` ends with it. */
  cancel(): void {
    this.#cancelled = true;
    this.#wake();
    void this.#events.return(undefined).catch(() => undefined);
  }

  async #read(): Promise<SseEvent | Exclude<NextMessage, { data: string }>> {
    try {
      const next = await this.#events.next();
      return next.done ? { code: "upstream_bad_response" } : next.value;
    } catch (error) {
      return {
        code: error instanceof SseLineTooLong ? "upstream_too_large" : "upstream_unreachable",
      };
    }
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
      this.#events = readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES });
      if (this.#isCancelled()) this.cancel();
      return !this.#isCancelled();
    }
    return false;
  }
}
