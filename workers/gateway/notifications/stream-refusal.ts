import { MAX_STREAMS_PER_MEMBER, MAX_STREAMS_PER_TOKEN } from "../../contract/limits.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { errorResponse, unauthorized } from "../client/responses.ts";
import type { StreamRefusal } from "./workspace-stream.ts";

/** The error response for a stream that was not opened; `id` is JSON text. */
export function streamRefusedResponse(id: string, reason: StreamRefusal): Response {
  switch (reason) {
    case "unauthorized":
      return unauthorized();
    case "too_many_of_token":
      return tooManyStreams(
        id,
        `This token has ${MAX_STREAMS_PER_TOKEN} streams open, which is the maximum: close one first`,
      );
    case "too_many_of_member":
      return tooManyStreams(
        id,
        `All tokens of this user together have ${MAX_STREAMS_PER_MEMBER} streams open, which is the maximum: close one first`,
      );
    case "unavailable": {
      const message = "The gateway cannot open a stream now. Try again in a few seconds.";
      return errorResponse(id, { code: ERROR.internal, message }, 503, { "retry-after": "5" });
    }
  }
}

function tooManyStreams(id: string, message: string): Response {
  const data = { reason: "too_many_streams" };
  return errorResponse(id, { code: ERROR.internal, message, data }, 429);
}
