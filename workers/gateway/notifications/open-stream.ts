import { MAX_STREAMS_PER_TOKEN } from "../../contract/limits.ts";
import type {
  ListName,
  OpenStreamRequest,
  OpenStreamResult,
} from "../../contract/rpc/notification-stream.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { errorResponse, unauthorized } from "../client/responses.ts";
import type { EntryContext } from "../context.ts";

/** All lists whose changes a client can subscribe to. */
export const LIST_NAMES: readonly ListName[] = ["tools", "prompts", "resources"];

/** Opens a notification stream in the Workspace. `unavailable`: the Workspace failed. */
export async function openStream(
  request: Omit<OpenStreamRequest, "digest" | "stream">,
  { env, slug, digest }: EntryContext,
): Promise<OpenStreamResult | { kind: "unavailable" }> {
  try {
    const stream = crypto.randomUUID();
    return await workspacesOf(env)
      .getByName(slug)
      .openStream({ ...request, digest, stream });
  } catch (error) {
    logFailure("stream_open_failed", error, { workspace: slug });
    return { kind: "unavailable" };
  }
}

/** The error response for a stream that was not opened; `id` is JSON text. */
export function streamRefusedResponse(
  id: string,
  reason: "unauthorized" | "too_many" | "unavailable",
): Response {
  switch (reason) {
    case "unauthorized":
      return unauthorized();
    case "too_many": {
      const message = `This token has ${MAX_STREAMS_PER_TOKEN} streams open, which is the maximum: close one first`;
      const data = { reason: "too_many_streams" };
      return errorResponse(id, { code: ERROR.internal, message, data }, 429);
    }
    case "unavailable": {
      const message = "The gateway cannot open a stream now. Try again in a few seconds.";
      return errorResponse(id, { code: ERROR.internal, message }, 503, { "retry-after": "5" });
    }
  }
}
