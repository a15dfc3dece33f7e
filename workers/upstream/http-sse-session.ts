import {
  toHttpSseSessionName,
  type HttpSseCall,
  type HttpSseCallResult,
  type HttpSseSessionKey,
} from "../contract/rpc/http-sse-session.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { httpSseSessionsOf } from "../runtime/objects.ts";
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
    return await httpSseSessionsOf(env).getByName(toHttpSseSessionName(call.session)).send(call);
  } catch (error) {
    logFailure("http_sse_session_failed", error, { workspace: call.session.slug });
    return { ok: false, error: UNREACHABLE };
  }
}

/**
 * Sends a call about a task on the connection on which the task was begun; null: the connection has ended, and the task
 * with it.
 */
export async function sendOnHttpSseConnection(
  env: Env,
  connection: string,
  call: HttpSseCall,
): Promise<HttpSseCallResult | null> {
  try {
    return await findObject(env, call.session, connection).sendOn(connection, call);
  } catch (error) {
    logFailure("http_sse_session_failed", error, { workspace: call.session.slug });
    return { ok: false, error: UNREACHABLE };
  }
}

/** Cancels a call that was sent in the session; `id`: JSON text. `connection`: of the call's task, null without one. */
export async function cancelInHttpSseSession(
  env: Env,
  session: HttpSseSessionKey,
  connection: string | null,
  id: string,
): Promise<void> {
  await findObject(env, session, connection)
    .cancel(id)
    .catch((error: unknown) => {
      logFailure("http_sse_session_failed", error, { workspace: session.slug });
    });
}

/** The object of a connection; without one, that of the session. */
function findObject(env: Env, session: HttpSseSessionKey, connection: string | null) {
  const objects = httpSseSessionsOf(env);
  if (connection === null) return objects.getByName(toHttpSseSessionName(session));
  const [objectId = ""] = connection.split(" ", 1);
  return objects.get(objects.idFromString(objectId));
}
