import type { McpNotification } from "../../mcp/message.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import type { RequestContext } from "../context.ts";
import { denialResponse } from "./admission-responses.ts";
import { denyUnlessAuthenticated } from "./admission.ts";
import { toCallKey } from "./client-session.ts";
import { emptyResponse } from "./responses.ts";

/** A client's notification: `notifications/cancelled` cancels a call, all others are only accepted. */
export async function handleNotification(
  message: McpNotification,
  context: RequestContext,
): Promise<Response> {
  const denial = await denyUnlessAuthenticated(context);
  if (denial) return denialResponse("null", denial);
  if (message.method === "notifications/cancelled" && message.requestId !== null)
    await cancelCall(message.requestId, context);
  return emptyResponse(202);
}

/** Cancels a call of the client session, in whichever isolate it runs. A call that has ended is ignored. */
async function cancelCall(
  requestId: string,
  { env, slug, session }: RequestContext,
): Promise<void> {
  if (session === null) return;
  try {
    await workspacesOf(env).getByName(slug).cancelCall(toCallKey(session, requestId));
  } catch (error) {
    logFailure("cancellation_failed", error, { workspace: slug });
  }
}
