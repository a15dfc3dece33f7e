import type { IncomingMessage, ServerResponse } from "node:http";
import { CALL_TIMEOUT_HEADER, MAX_SERVER_TIME_LIMIT_SECONDS } from "../workers/contract/limits.ts";
import { formatSse, SSE_COMMENT } from "../workers/mcp/sse.ts";
import { KEEP_ALIVE_MS, MAX_UNSENT_BYTES } from "./limits.ts";

const COMMON_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** The HTTP response to one request: JSON, or an event stream if a message is sent before the last one. */
export class Reply {
  /** Whether the client accepts event streams. */
  readonly canStream: boolean;
  /** The gateway's time limit of the request's call, in ms; null: the bridge's own limit applies. */
  readonly callTimeoutMs: number | null;
  readonly #response: ServerResponse;
  readonly #keepAlive: NodeJS.Timeout;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.canStream = (request.headers.accept ?? "").includes("text/event-stream");
    this.callTimeoutMs = parseCallTimeout(request.headers[CALL_TIMEOUT_HEADER]);
    this.#keepAlive = setInterval(() => this.#sendKeepAlive(), KEEP_ALIVE_MS);
    response.on("close", () => clearInterval(this.#keepAlive));
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  /** Calls `listener` when the client disconnects before the response is complete. */
  onHangUp(listener: () => void): void {
    this.#response.on("close", () => {
      if (!this.#response.writableFinished) listener();
    });
  }

  /** Calls `listener` when the response is closed, complete or not. */
  onClose(listener: () => void): void {
    this.#response.on("close", listener);
  }

  /** Sends the headers of the event stream now, so that the client sees it open. */
  openStream(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, {
      ...COMMON_HEADERS,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
    this.#response.flushHeaders();
  }

  /** Sends a message on the event stream; does nothing if the client accepts none. A client that stops reading is cut off. */
  sendMessage(json: string): void {
    if (!this.canStream || !this.isOpen) return;
    this.openStream();
    // Checked before the message is added, which can be as large as the limit itself.
    if (this.#response.writableLength > MAX_UNSENT_BYTES) this.#response.destroy();
    else this.#response.write(formatSse(json));
  }

  /** Sends the last message; `status` applies only when nothing was streamed. */
  end(status: number, json: string | null): void {
    if (!this.isOpen) return;
    if (this.#response.headersSent) {
      this.#response.end(json === null ? undefined : formatSse(json));
      return;
    }
    if (json === null) this.#response.writeHead(status, COMMON_HEADERS).end();
    else {
      const head = { ...COMMON_HEADERS, "content-type": "application/json" };
      this.#response
        .writeHead(status, { ...head, "content-length": Buffer.byteLength(json) })
        .end(json);
    }
  }

  #sendKeepAlive(): void {
    if (!this.canStream || !this.isOpen) return;
    this.openStream();
    this.#response.write(SSE_COMMENT);
  }
}

function parseCallTimeout(header: string | string[] | undefined): number | null {
  if (typeof header !== "string" || !/^\d{1,9}$/.test(header)) return null;
  const ms = Number(header);
  return ms > 0 && ms <= MAX_SERVER_TIME_LIMIT_SECONDS * 1000 ? ms : null;
}
