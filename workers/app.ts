import { Hono } from "hono";
import { serveDashboard } from "./assets.ts";
import type { Env } from "./env.ts";
import { toErrorResponse, toNotFoundResponse } from "./errors.ts";
import { handleGateway } from "./gateway/gateway.ts";
import { management } from "./management/management.ts";

const gateway = new Hono<{ Bindings: Env }>()
  .all("*", (c) => handleGateway(c.req.raw, c.env, c.executionCtx))
  .onError(toErrorResponse);

export const app = new Hono<{ Bindings: Env }>()
  .route("/api", management)
  .get("*", serveDashboard)
  .notFound(toNotFoundResponse)
  .onError(toErrorResponse);

const GATEWAY_URL = /^https?:\/\/[^/?#]*\/api\/gw\//;

/** Gateway requests, the hot path, have a router of their own: the other one knows every management route. */
export function handleRequest(request: Request, env: Env, ctx: ExecutionContext) {
  return (GATEWAY_URL.test(request.url) ? gateway : app).fetch(request, env, ctx);
}
