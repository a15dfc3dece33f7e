import { MAX_SSE_LINE_BYTES } from "../contract/limits.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { respondLocally } from "../mcp/json-rpc.ts";
import { parseObject } from "../mcp/json.ts";
import { formatSse, readSse, SseLineTooLong, type SseEvent } from "../mcp/sse.ts";
import {
  badResponse,
  bytesOf,
  guardedFetch,
  httpError,
  timeoutError,
  unreachable,
} from "./guarded-fetch.ts";
import {
  makeRequest,
  parseResponse,
  withTimeout,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import {
  INITIALIZED,
  initializeParams,
  toUpstreamSession,
  type OpenedUpstreamSession,
} from "./upstream-sessions.ts";

/** On the stream of a call, silence is judged by whoever reads it. */
const LONGEST_SILENCE_MS = 60 * 60_000;

const EVENTS_ONLY = "The server's event stream did not name an endpoint on its own origin";
const SILENT: UpstreamError = {
  code: "upstream_timeout",
  message: "No answer came on the server's event stream in time",
};

/**
 * A connection of the HTTP+SSE transport (2024-11-05): one event stream on which all answers arrive, and an endpoint,
 * named by the stream's first event, to which messages are posted. An endpoint on another origin is refused: it
 * would receive the server's credential.
 */
export class SseConnection {
  readonly #peer: Peer;
  readonly #options: UpstreamOptions;
  readonly #response: Response;
  readonly #events: AsyncGenerator<SseEvent>;
  readonly #endpoint: string;

  private constructor(
    peer: Peer,
    options: UpstreamOptions,
    response: Response,
    events: AsyncGenerator<SseEvent>,
    endpoint: string,
  ) {
    this.#peer = peer;
    this.#options = options;
    this.#response = response;
    this.#events = events;
    this.#endpoint = endpoint;
  }

  static async open(
    peer: Peer,
    options: UpstreamOptions,
  ): Promise<{ ok: true; connection: SseConnection } | { ok: false; error: UpstreamError }> {
    const { budgets, allowPrivate, network, signal } = options;
    const headers = { ...peer.headers, accept: "text/event-stream" };
    const fetched = await guardedFetch(
      peer.url,
      { method: "GET", headers },
      { allowPrivate, network, signal, firstByteMs: budgets.connectMs },
    );
    if (!fetched.ok) return fetched;
    const { response } = fetched;
    const body = bytesOf(response);
    if (
      !response.ok ||
      !body ||
      !/^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "")
    ) {
      await body?.cancel();
      return {
        ok: false,
        error: response.ok ? badResponse(EVENTS_ONLY) : httpError(response.status),
      };
    }
    const events = readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES });
    const first = await withTimeout(events.next(), budgets.connectMs).catch(() => null);
    const endpoint =
      first && first !== "late" && !first.done && first.value.event === "endpoint"
        ? toEndpoint(first.value.data, peer.url)
        : null;
    if (endpoint === null) {
      void events.return(undefined).catch(() => undefined);
      return {
        ok: false,
        error: first === "late" ? timeoutError(budgets.connectMs) : badResponse(EVENTS_ONLY),
      };
    }
    return { ok: true, connection: new SseConnection(peer, options, response, events, endpoint) };
  }

  /** Where the server takes messages. */
  get messageUrl(): string {
    return this.#endpoint;
  }

  /** The legacy handshake. */
  async initialize(clientCapabilities: ClientCapabilities = {}): Promise<OpenedUpstreamSession> {
    const opened = toUpstreamSession(
      await this.request("initialize", initializeParams(clientCapabilities)),
    );
    if (opened.ok) await this.post(INITIALIZED);
    return opened;
  }

  async request(method: string, params: Record<string, unknown>): Promise<JsonRpcResult> {
    const { id, text } = makeRequest("legacy", method, params);
    const error = await this.post(text);
    if (error) return { ok: false, error };
    const dueAt = Date.now() + this.#options.budgets.firstByteMs;
    for (;;) {
      const data = await this.next(dueAt);
      if (!data.ok) return data;
      const answer = parseResponse(data.text, id, this.#response);
      if (answer) return answer;
    }
  }

  /** Sends a message; null when the server took it. */
  async post(text: string): Promise<UpstreamError | null> {
    const { budgets, allowPrivate, network, signal } = this.#options;
    const headers = { ...this.#peer.headers, "content-type": "application/json" };
    const sent = await guardedFetch(
      this.#endpoint,
      { method: "POST", headers, body: text },
      { allowPrivate, network, signal, firstByteMs: budgets.firstByteMs },
    );
    if (!sent.ok) return sent.error;
    await sent.response.body?.cancel().catch(() => undefined);
    return sent.response.ok ? null : httpError(sent.response.status);
  }

  /** The next message that is for us; what the server asks meanwhile is answered with "cannot be asked", unless it `mayAsk`. */
  async next(
    dueAt: number,
    mayAsk = false,
  ): Promise<{ ok: true; text: string } | { ok: false; error: UpstreamError }> {
    for (;;) {
      try {
        const next = await withTimeout(this.#events.next(), dueAt - Date.now());
        if (next === "late") return { ok: false, error: SILENT };
        if (next.done)
          return {
            ok: false,
            error: badResponse("The server closed its event stream without an answer"),
          };
        if (next.value.data === "") continue;
        const response = mayAsk ? null : respondLocally(next.value.data);
        if (response === null) return { ok: true, text: next.value.data };
        await this.post(response);
      } catch (error) {
        return {
          ok: false,
          error:
            error instanceof SseLineTooLong
              ? { code: "upstream_too_large", message: "A line of the event stream is too long" }
              : unreachable(),
        };
      }
    }
  }

  close(): void {
    void this.#events.return(undefined).catch(() => undefined);
  }
}

/**
 * One call over a connection of its own, on which the server may ask what the client can answer. The response is an event stream of the server's messages up to the one that
 * answers `requestId` (JSON text); it ends with the connection, and cancelling it closes that.
 */
export async function sendOverSse(
  peer: Peer,
  requestText: string,
  requestId: string,
  options: UpstreamOptions,
  clientCapabilities: ClientCapabilities,
): Promise<
  { ok: true; response: Response; messageUrl: string } | { ok: false; error: UpstreamError }
> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok) return opened;
  const { connection } = opened;
  const initialized = await connection.initialize(clientCapabilities);
  const error = initialized.ok ? await connection.post(requestText) : initialized.error;
  if (error) {
    connection.close();
    return { ok: false, error };
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await connection.next(Date.now() + LONGEST_SILENCE_MS, true);
      if (next.ok) controller.enqueue(encoder.encode(formatSse(next.text)));
      if (!next.ok || answers(next.text, requestId)) {
        controller.close();
        connection.close();
      }
    },
    cancel: () => connection.close(),
  });
  return {
    ok: true,
    messageUrl: connection.messageUrl,
    response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
  };
}

function toEndpoint(data: string, base: string): string | null {
  if (!URL.canParse(data, base)) return null;
  const endpoint = new URL(data, base);
  return endpoint.origin === new URL(base).origin ? endpoint.href : null;
}

function answers(text: string, requestId: string): boolean {
  const message = parseObject(text);
  return message !== null && !("method" in message) && message["id"] === JSON.parse(requestId);
}
