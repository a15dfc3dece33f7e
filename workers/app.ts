import { Hono } from "hono";
import { serveDashboard } from "./assets.ts";
import type { Env } from "./env.ts";
import { toErrorResponse, toFailedResponse, toNotFoundResponse } from "./errors.ts";
import { handleGateway } from "./gateway/gateway.ts";
import { management } from "./management/management.ts";

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
