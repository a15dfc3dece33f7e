import type { IncomingMessage, ServerResponse } from "node:http";
import { formatSse } from "../workers/mcp/sse.ts";
import { KEEP_ALIVE_MS, MAX_UNSENT_BYTES } from "./limits.ts";

const COMMON = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** The answer to one HTTP request: JSON, or an event stream from the first message that comes before the end. */
export class Reply {
  /** Whether the client reads event streams. */
  readonly canStream: boolean;
  readonly #response: ServerResponse;
  readonly #keepAlive: NodeJS.Timeout;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.canStream = (request.headers.accept ?? "").includes("text/event-stream");
    this.#keepAlive = setInterval(() => this.#comment(), KEEP_ALIVE_MS);
    response.on("close", () => clearInterval(this.#keepAlive));
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  /** Calls back when the client hangs up before the end. */
  onHangUp(listener: () => void): void {
    this.#response.on("close", () => {
      if (!this.#response.writableFinished) listener();
    });
  }

  /** Calls back when the connection is done with this answer, whoever ended it. */
  onClose(listener: () => void): void {
    this.#response.on("close", listener);
  }

  /** Begins the event stream now, so that the client sees it open. */
  openStream(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, {
      ...COMMON,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
    this.#response.flushHeaders();
  }

  /** Sends one message before the end. Clients that read no event streams miss it; one that stops reading is cut off. */
  message(json: string): void {
    if (!this.canStream || !this.isOpen) return;
    this.openStream();
    this.#response.write(formatSse(json));
    if (this.#response.writableLength > MAX_UNSENT_BYTES) this.#response.destroy();
  }

  /** Sends the last message; the status counts only where nothing was streamed. */
  end(status: number, json: string | null): void {
    if (!this.isOpen) return;
    if (this.#response.headersSent) {
      this.#response.end(json === null ? undefined : formatSse(json));
      return;
    }
    if (json === null) this.#response.writeHead(status, COMMON).end();
    else {
      const head = { ...COMMON, "content-type": "application/json" };
      this.#response
        .writeHead(status, { ...head, "content-length": Buffer.byteLength(json) })
        .end(json);
    }
  }

  #comment(): void {
    if (!this.canStream || !this.isOpen) return;
    this.openStream();
    this.#response.write(": keep-alive\n\n");
  }
}
