import {
  isPagePath,
  isSitemapPath,
  toMissingPage,
  wantsPage,
} from "../../workers/contract/dashboard-pages.ts";
import { addPageHead, toVisitorRequest } from "../../workers/contract/page-head.ts";

interface Bindings {
  /** The Worker that serves the API and the gateway. */
  GATEWAY: Fetcher;
}

/**
 * Serves index.html at the address of a page, and the dashboard's files. All else is 404: as a page for a browser that
 * opens it; otherwise it goes to the Worker, which answers as JSON.
 */
export const onRequest: PagesFunction<Bindings> = async ({ request, env }) => {
  const url = new URL(request.url);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead) return env.GATEWAY.fetch(request);
  if (isSitemapPath(url.pathname)) return env.GATEWAY.fetch(request);
  if (isPagePath(url.pathname)) {
    const page = await env.ASSETS.fetch(new Request(new URL("/", url), request));
    return addPageHead(url, page, (path) =>
      env.GATEWAY.fetch(toVisitorRequest(request, new URL(`/api${path}`, url))),
    );
  }
  const file = await env.ASSETS.fetch(request);
  // Pages has index.html, the only HTML file, for every address without a file.
  const isFallback = file.headers.get("content-type")?.startsWith("text/html") ?? false;
  if (!isFallback) return file;
  return wantsPage(request) ? toMissingPage(file) : env.GATEWAY.fetch(request);
};
