import {
  toHttpSseSessionName,
  type HttpSseCall,
  type HttpSseCallResult,
  type HttpSseSessionKey,
} from "../contract/rpc/http-sse-session.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { UNREACHABLE } from "./upstream-errors.ts";

/**
 * Sends a call to an HTTP+SSE server through the object that keeps the session. If the object stops, the connection to the
 * server is lost, and with it the call.
 */
export async function sendInHttpSseSession(
  env: Env,
  call: HttpSseCall,
): Promise<HttpSseCallResult> {
  try {
    return await env.HTTP_SSE_SESSIONS.getByName(toHttpSseSessionName(call.session)).send(call);
  } catch (error) {
    logFailure("http_sse_session_failed", error, { workspace: call.session.slug });
    return { ok: false, error: UNREACHABLE };
  }
}

/** Cancels a call that was sent in the session; `id`: JSON text. */
export async function cancelInHttpSseSession(
  env: Env,
  session: HttpSseSessionKey,
  id: string,
): Promise<void> {
  await env.HTTP_SSE_SESSIONS.getByName(toHttpSseSessionName(session))
    .cancel(id)
    .catch((error: unknown) => {
      logFailure("http_sse_session_failed", error, { workspace: session.slug });
    });
}
