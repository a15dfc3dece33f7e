import type { InputRequired } from "../../mcp/translate/elicitation.ts";
import type { FailureCode } from "../../upstream/failure-text.ts";
import type { UpstreamEvents } from "../../upstream/upstream-events.ts";
import type { UpstreamMessage } from "./upstream-message.ts";

/** The response to a call, translated for the client. */
export type Reply = Extract<UpstreamMessage, { kind: "response" }>;

/** An upstream's response to a call, or the gateway's failure to get one. */
export type UpstreamResponse =
  | { kind: "message"; reply: Reply; httpStatus: number }
  /** A large result that is relayed unchanged; `reply.text` is its outline. */
  | { kind: "bytes"; bytes: Uint8Array; reply: Reply }
  | { kind: "events"; events: UpstreamEvents }
  | { kind: "input_required"; inputRequired: InputRequired }
  | {
      kind: "failed";
      error: {
        code: FailureCode;
        status?: number;
        message?: string;
        advice?: string;
        cause?: string;
      };
    };
