import { Hono } from "hono";
import type { Env } from "./env.ts";
import { toErrorResponse, toNotFoundResponse } from "./errors.ts";
import { handleGateway } from "./gateway/gateway.ts";
import { management } from "./management/management.ts";

export const app = new Hono<{ Bindings: Env }>()
  .all("/api/gw/*", (c) => handleGateway(c.req.raw, c.env, c.executionCtx))
  .route("/api", management)
  .notFound(toNotFoundResponse)
  .onError(toErrorResponse);
