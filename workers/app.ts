import { Hono } from "hono";
import { handleGateway } from "./gateway/gateway.ts";
import { serveDashboard } from "./http/dashboard.ts";
import {
  toEnvironmentResponse,
  toErrorResponse,
  toFailedResponse,
  toNotFoundResponse,
} from "./http/error-responses.ts";
import { management } from "./management/management.ts";
import type { Env } from "./runtime/env.ts";
import { EnvironmentError, settingsOf } from "./runtime/settings.ts";

/** The router of everything but the gateway: the management API and the dashboard. */
export const app = new Hono<{ Bindings: Env }>()
  .route("/api", management)
  .get("*", serveDashboard)
  .notFound(toNotFoundResponse)
  .onError(toErrorResponse);

const GATEWAY_URL = /^https?:\/\/[^/?#]*\/api\/gw\//;

/** Handles an HTTP request. Requests of MCP clients, the hot path, bypass the router. */
export async function handleRequest(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    settingsOf(env);
    if (GATEWAY_URL.test(request.url)) return await handleGateway(request, env, ctx);
    return await app.fetch(request, env, ctx);
  } catch (error) {
    return error instanceof EnvironmentError
      ? toEnvironmentResponse(error)
      : toFailedResponse(error);
  }
}
