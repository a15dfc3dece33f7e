import { formatSse, SSE_COMMENT } from "../../mcp/sse.ts";

const encoder = new TextEncoder();
/** It keeps a quiet stream open, and its write fails when the client has disconnected. */
const KEEP_ALIVE = encoder.encode(SSE_COMMENT);

/** Runs `leave` when the platform reports that the client has hung up, or has before. */
export function whenClientLeaves({ signal }: Request, leave: () => unknown): void {
  if (signal.aborted) leave();
  else signal.addEventListener("abort", () => void leave(), { once: true });
}

/** A write to the client failed: the client has disconnected. */
export class ClientDisconnected extends Error {
  override readonly name = "ClientDisconnected";
}

/** The event stream of a response. Every method throws `ClientDisconnected` when the client has disconnected. */
export class ClientStream {
  readonly #writer: WritableStreamDefaultWriter;

  constructor(writable: WritableStream) {
    this.#writer = writable.getWriter();
  }

  /** Sends one JSON-RPC message, given as JSON text. */
  sendToClient(text: string): Promise<void> {
    return this.#write(encoder.encode(formatSse(text)));
  }

  sendKeepAlive(): Promise<void> {
    return this.#write(KEEP_ALIVE);
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(throwDisconnected);
  }

  /** Breaks the stream off, so that the client sees an incomplete response. */
  async abort(): Promise<void> {
    await this.#writer.abort().catch(throwDisconnected);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes).catch(throwDisconnected);
  }
}

function throwDisconnected(): never {
  throw new ClientDisconnected();
}
