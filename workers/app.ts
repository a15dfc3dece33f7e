import { Hono } from "hono";
import { connectionRoutes } from "./connections/routes.ts";
import { handleGateway } from "./gateway/gateway.ts";
import { serveDashboard } from "./http/dashboard.ts";
import {
  toEnvironmentResponse,
  toErrorResponse,
  toFailedResponse,
  toNoOauthResponse,
  toNotFoundResponse,
} from "./http/error-responses.ts";
import { management } from "./management/management.ts";
import { serveSitemap } from "./marketplace/sitemap.ts";
import { oauth } from "./oauth/oauth.ts";
import { handleRegistry } from "./registry/handle-registry.ts";
import type { Env } from "./runtime/env.ts";
import { EnvironmentError, settingsOf } from "./runtime/settings.ts";
import { handleScim } from "./scim/handle-scim.ts";

/** OAuth endpoints that clients assume at the root, or beside the gateway’s static address, which has none. */
const OAUTH_ENDPOINTS = ["authorize", "token", "register"].flatMap((name) => [
  `/${name}`,
  `/api/${name}`,
]);

/**
 * The router of everything but the gateway: the management API and the dashboard. Not strict: a slash at the end of an
 * address changes nothing.
 */
export const app = new Hono<{ Bindings: Env }>({ strict: false })
  .on("ALL", OAUTH_ENDPOINTS, toNoOauthResponse)
  .route("/", oauth)
  .route("/", connectionRoutes)
  // Clients look for OAuth metadata here: the management API's 401 would be taken for an answer.
  .all("/api/.well-known/*", toNotFoundResponse)
  .route("/api", management)
  .get("/:sitemap{sitemap(-\\d+)?\\.xml}", serveSitemap(management))
  .get("*", serveDashboard(management))
  .notFound(toNotFoundResponse)
  .onError(toErrorResponse);

const GATEWAY_URL = /^https?:\/\/[^/?#]*\/(?:api\/gw|mcp)\//;
const SCIM_URL = /^https?:\/\/[^/?#]*\/scim\/v2\//;
const REGISTRY_URL = /^https?:\/\/[^/?#]*\/api\/registry\//;

/** Handles an HTTP request. Requests of MCP clients, the hot path, bypass the router. */
export async function handleRequest(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    settingsOf(env);
    if (GATEWAY_URL.test(request.url)) return await handleGateway(request, env, ctx);
    if (SCIM_URL.test(request.url)) return await handleScim(request, env);
    if (REGISTRY_URL.test(request.url)) return await handleRegistry(request, env, ctx);
    return await app.fetch(request, env, ctx);
  } catch (error) {
    return error instanceof EnvironmentError
      ? toEnvironmentResponse(error)
      : toFailedResponse(error);
  }
}
