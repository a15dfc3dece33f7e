import { MAX_RESPONSE_BYTES } from "../../workers/contract/limits.ts";
import { formatSse } from "../../workers/mcp/sse.ts";

const encoder = new TextEncoder();

/** A call in flight on a connection that it shares with others, with the event stream to its reader. */
export class OpenCall {
  /** JSON text. */
  readonly id: string;
  readonly progressToken: number | null;
  /** An event stream of the messages that are written. */
  readonly response: Response;
  readonly #writer: WritableStreamDefaultWriter;
  isCancelled = false;
  #lastMessageAt = Date.now();
  #unreadBytes = 0;
  #hasResponse = false;

  /** `onAbandoned`: called when a write has failed, because the reader is gone. */
  constructor(
    id: string,
    progressToken: number | null,
    onAbandoned: (call: OpenCall) => Promise<void>,
  ) {
    const { readable, writable } = new IdentityTransformStream();
    this.id = id;
    this.progressToken = progressToken;
    this.response = new Response(readable, { headers: { "content-type": "text/event-stream" } });
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => onAbandoned(this));
  }

  /** Epoch ms; when the call began, if it has received nothing. */
  get lastMessageAt(): number {
    return this.#lastMessageAt;
  }

  get hasResponse(): boolean {
    return this.#hasResponse;
  }

  /**
   * Writes a message without a wait: a slow reader must not delay the other calls. False: the unread messages fill the
   * memory, and the stream has failed.
   */
  write(text: string): boolean {
    if (this.#unreadBytes >= MAX_RESPONSE_BYTES) {
      this.fail();
      return false;
    }
    this.#lastMessageAt = Date.now();
    const bytes = encoder.encode(formatSse(text));
    this.#unreadBytes += bytes.byteLength;
    // A write fails only when the reader is gone, which `closed` reports.
    void this.#writer.write(bytes).then(
      () => (this.#unreadBytes -= bytes.byteLength),
      () => undefined,
    );
    return true;
  }

  /** Writes the response and ends the stream. */
  end(text: string): void {
    this.#hasResponse = true;
    if (this.write(text)) void this.#writer.close().catch(() => undefined);
  }

  /** Breaks the stream off: there will be no response. */
  fail(): void {
    void this.#writer.abort(new Error("The call's stream broke off")).catch(() => undefined);
  }
}
