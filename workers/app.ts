import { Hono } from "hono";
import { handleGateway } from "./gateway/gateway.ts";
import { serveDashboard } from "./http/dashboard.ts";
import { toErrorResponse, toFailedResponse, toNotFoundResponse } from "./http/error-responses.ts";
import { management } from "./management/management.ts";
import type { Env } from "./runtime/env.ts";

export const app = new Hono<{ Bindings: Env }>()
  .route("/api", management)
  .get("*", serveDashboard)
  .notFound(toNotFoundResponse)
  .onError(toErrorResponse);

const GATEWAY_URL = /^https?:\/\/[^/?#]*\/api\/gw\//;

/** Gateway requests, the hot path, pass no router: the gateway's entry checks know its two addresses. */
export async function handleRequest(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  if (!GATEWAY_URL.test(request.url)) return app.fetch(request, env, ctx);
  try {
    return await handleGateway(request, env, ctx);
  } catch (error) {
    return toFailedResponse(error);
  }
}
