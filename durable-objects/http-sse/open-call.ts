import { MAX_RESPONSE_BYTES } from "../../workers/contract/limits.ts";
import type { HttpSseCall, HttpSseTask } from "../../workers/contract/rpc/http-sse-session.ts";
import type { UpstreamErrorCode } from "../../workers/contract/rpc/tool-catalogue.ts";
import { SseWriter } from "../../workers/mcp/sse-writer.ts";
import { formatSse } from "../../workers/mcp/sse.ts";
import { formatFailure } from "../../workers/upstream/upstream-events.ts";

/** A call in flight on a connection that it shares with others, with the event stream to its reader. */
export class OpenCall {
  /** JSON text. */
  readonly id: string;
  readonly progressToken: number | null;
  readonly task: HttpSseTask | null;
  /** An event stream of the messages that are written. */
  readonly response: Response;
  readonly #writer: SseWriter;
  isCancelled = false;
  #lastMessageAt = Date.now();
  /** In characters. */
  #unreadLength = 0;
  #hasResponse = false;

  /** `onAbandoned`: called when a write has failed, because the reader is gone. */
  constructor(
    { id, progressToken, task }: Pick<HttpSseCall, "id" | "progressToken" | "task">,
    onAbandoned: (call: OpenCall) => Promise<void>,
  ) {
    const { readable, writable } = new IdentityTransformStream();
    this.id = id;
    this.progressToken = progressToken;
    this.task = task;
    this.response = new Response(readable, { headers: { "content-type": "text/event-stream" } });
    this.#writer = new SseWriter(writable);
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
    if (this.#unreadLength >= MAX_RESPONSE_BYTES) {
      this.fail();
      return false;
    }
    this.#lastMessageAt = Date.now();
    const event = formatSse(text);
    this.#unreadLength += event.length;
    // A write fails only when the reader is gone, which `closed` reports.
    void this.#writer.write(event).then(() => (this.#unreadLength -= event.length));
    return true;
  }

  /** Tells the reader that the server's stream is alive. */
  writeComment(): void {
    void this.#writer.writeComment();
  }

  /** Writes the response and ends the stream. */
  end(text: string): void {
    this.#hasResponse = true;
    if (this.write(text)) void this.#writer.close();
  }

  /** Ends the stream without a response: the server's stream has ended. */
  endWithFailure(code: UpstreamErrorCode): void {
    void this.#writer.writeLast(formatFailure(code));
    void this.#writer.close();
  }

  /** Breaks the stream off: there will be no response. */
  fail(): void {
    void this.#writer.abort(new Error("The call's stream broke off"));
  }
}
