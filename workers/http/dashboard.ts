import type { Context } from "hono";
import type { Env } from "../runtime/env.ts";
import { toNotFoundResponse } from "./error-responses.ts";

/**
 * The dashboard's files, with the headers of web/public/_headers, where the platform does not serve them before it asks
 * the Worker. A page that is no file is index.html: the dashboard has its own router.
 */
export function serveDashboard(c: Context<{ Bindings: Env }>): Response | Promise<Response> {
  return c.env.ASSETS ? c.env.ASSETS.fetch(c.req.raw) : toNotFoundResponse(c);
}
