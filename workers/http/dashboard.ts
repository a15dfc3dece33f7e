import type { Handler } from "hono";
import { isPagePath, toMissingPage, wantsPage } from "../contract/dashboard-pages.ts";
import { addPageHead } from "../contract/page-head.ts";
import type { Env } from "../runtime/env.ts";
import { toNotFoundResponse } from "./error-responses.ts";
import { asVisitor, type Api } from "./visitor-api.ts";

/**
 * Serves the dashboard with the headers of web/public/_headers: index.html at the address of a page, which its router
 * shows in the browser, and its files. Any other address is 404: for a browser that opens it, as a page that says so; for
 * all others as JSON, because a client that looks for OAuth metadata would try to parse a page. `api`: what the head of a
 * page says is read from it.
 */
export function serveDashboard(api: Api): Handler<{ Bindings: Env }> {
  return async (c) => {
    const { ASSETS: assets } = c.env;
    if (!assets) return toNotFoundResponse(c);
    const request = c.req.raw;
    const url = new URL(request.url);
    const fetchPage = () => assets.fetch(new Request(new URL("/", url), request));
    if (isPagePath(url.pathname)) return addPageHead(url, await fetchPage(), asVisitor(c, api));
    // Where Cloudflare serves the files before the Worker runs, this finds none.
    const file = await assets.fetch(request);
    if (file.status !== 404) return file;
    return wantsPage(request) ? toMissingPage(await fetchPage()) : toNotFoundResponse(c);
  };
}
