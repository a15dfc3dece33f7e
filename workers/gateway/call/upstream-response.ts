import type { InputRequired } from "../../mcp/translate/elicitation.ts";
import type { FailureCode } from "../../upstream/failure-text.ts";
import type { UpstreamEvents } from "../../upstream/upstream-events.ts";
import type { JsonOutline } from "./json-outline.ts";
import type { UpstreamMessage } from "./upstream-message.ts";

/** The response to a call, translated for the client. */
export type Reply = Extract<UpstreamMessage, { kind: "response" }>;

/** A large response of declared length. `beginning`: what has been read of it, which can be all. */
export interface LargeResponse {
  /** Null: all has been read. */
  reader: ReadableStreamBYOBReader | null;
  length: number;
  beginning: Uint8Array<ArrayBuffer>;
  outline: JsonOutline;
}

/** An upstream's response to a call, or the gateway's failure to get one. */
export type UpstreamResponse =
  | { kind: "message"; reply: Reply; httpStatus: number }
  /** A large result that is relayed unchanged; `reply.text` is its outline. */
  | { kind: "bytes"; bytes: Uint8Array; reply: Reply }
  /** A larger response that begins like the call's result, to be relayed as it arrives. */
  | { kind: "large"; large: LargeResponse }
  | { kind: "events"; events: UpstreamEvents }
  | { kind: "input_required"; inputRequired: InputRequired }
  | { kind: "failed"; error: { code: FailureCode; status?: number; message?: string } };
