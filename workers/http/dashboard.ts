import type { Context } from "hono";
import { isPagePath } from "../contract/dashboard-pages.ts";
import type { Env } from "../runtime/env.ts";
import { toNotFoundResponse } from "./error-responses.ts";

/**
 * Serves the dashboard with the headers of web/public/_headers: index.html at the address of a page, which its router
 * shows in the browser, and its files. Any other address is 404 as JSON: a client that looks for OAuth metadata would try
 * to parse a page.
 */
export async function serveDashboard(c: Context<{ Bindings: Env }>): Promise<Response> {
  const { ASSETS: assets } = c.env;
  if (!assets) return toNotFoundResponse(c);
  const url = new URL(c.req.url);
  if (isPagePath(url.pathname)) return assets.fetch(new Request(new URL("/", url), c.req.raw));
  // Where Cloudflare serves the files before the Worker runs, this finds none.
  const file = await assets.fetch(c.req.raw);
  return file.status === 404 ? toNotFoundResponse(c) : file;
}
