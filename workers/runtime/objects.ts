import type { Env } from "./env.ts";
import { settingsOf } from "./settings.ts";

/** The Workspace objects, in the deployment's jurisdiction like all objects that hold data of workspaces. */
export function workspacesOf(env: Env): Env["WORKSPACES"] {
  return within(env, env.WORKSPACES);
}

/** The SuspendedCall objects, in the deployment's jurisdiction. */
export function suspendedCallsOf(env: Env): Env["SUSPENDED_CALLS"] {
  return within(env, env.SUSPENDED_CALLS);
}

/** The HttpSseSession objects, in the deployment's jurisdiction. */
export function httpSseSessionsOf(env: Env): Env["HTTP_SSE_SESSIONS"] {
  return within(env, env.HTTP_SSE_SESSIONS);
}

function within<N extends { jurisdiction(name: DurableObjectJurisdiction): N }>(
  env: Env,
  namespace: N,
): N {
  const { jurisdiction } = settingsOf(env);
  return jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction);
}
