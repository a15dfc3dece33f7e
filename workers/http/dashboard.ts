import type { Context } from "hono";
import type { Env } from "../runtime/env.ts";
import { toNotFoundResponse } from "./error-responses.ts";

/**
 * Serves the dashboard's files, with the headers of web/public/_headers, on platforms that do not serve them before the
 * Worker runs. A path without a file gets index.html: the dashboard routes in the browser.
 */
export function serveDashboard(c: Context<{ Bindings: Env }>): Response | Promise<Response> {
  return c.env.ASSETS ? c.env.ASSETS.fetch(c.req.raw) : toNotFoundResponse(c);
}
