import type { Handler } from "hono";
import { PAGES, toServerPage } from "../contract/dashboard-pages.ts";
import { openDb, type Db } from "../db/database.ts";
import { listCollections } from "../db/marketplace-collections.ts";
import { countMarketplaceServers, listForSitemap } from "../db/marketplace-sitemap.ts";
import { respondLimited, toNotFoundResponse } from "../http/error-responses.ts";
import { STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { asVisitor, type Api } from "../http/visitor-api.ts";
import type { Env } from "../runtime/env.ts";

/** Servers of one file: about 1 MB. The protocol allows 50,000 addresses and 50 MB (sitemaps.org). */
const FILE_SERVERS = 10_000;
/** Files that an isolate keeps. */
const MAX_KEPT = 8;
const KEPT_MS = 60 * 60 * 1000;

const kept = new Map<string, { xml: string; until: number }>();

/**
 * Serves the addresses of the marketplace's pages: all in `/sitemap.xml` or, if there are too many for one file, an index
 * of the files `/sitemap-1.xml` and so on. What `api` refuses to a visitor who searches the marketplace, it refuses too.
 */
export function serveSitemap(api: Api): Handler<{ Bindings: Env }> {
  return async (c) => {
    const { origin, pathname } = new URL(c.req.url);
    const key = origin + pathname;
    const known = kept.get(key);
    if (known && known.until > Date.now()) return toResponse(known.xml);
    const search = await asVisitor(c, api)("/marketplace/servers?limit=1");
    await search.body?.cancel();
    if (search.status === 429) return respondLimited(c, STRANGER_WAIT_SECONDS);
    const xml = search.ok ? await makeSitemap(openDb(c.env.DB), origin, pathname) : null;
    if (xml === null) return toNotFoundResponse(c);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(key, { xml, until: Date.now() + KEPT_MS });
    return toResponse(xml);
  };
}

/** The file at a path; null: there is none. */
async function makeSitemap(db: Db, origin: string, pathname: string): Promise<string | null> {
  const parts = toParts(await countMarketplaceServers(db));
  const file = /-(\d+)/.exec(pathname)?.[1];
  if (file === undefined && parts > 1) {
    const addresses = Array.from({ length: parts }, (_, i) => `${origin}/sitemap-${i + 1}.xml`);
    return toXml(
      "sitemapindex",
      "sitemap",
      addresses.map((address) => ({ address, at: null })),
    );
  }
  const part = Number(file ?? 1) - 1;
  if (part < 0 || part >= parts) return null;
  const servers = await listForSitemap(db, { part, parts });
  const root = origin + PAGES.marketplace;
  return toXml("urlset", "url", [
    ...(part === 0 ? [{ address: root, at: null }] : []),
    ...(part === 0 ? await listCollections(db) : []).map(({ slug, updatedAt }) => ({
      address: `${root}/collections/${slug}`,
      at: updatedAt,
    })),
    ...servers.map(({ name, updatedAt }) => ({
      address: `${root}/${Object.values(toServerPage(name)).map(encodeURIComponent).join("/")}`,
      at: updatedAt,
    })),
  ]);
}

/** A power of two, so that a file keeps its servers while their number grows a little. */
function toParts(servers: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(servers / FILE_SERVERS)));
}

/** Addresses are URLs with nothing to escape in XML but the apostrophe and the ampersand. `at`: epoch ms. */
function toXml(
  list: "urlset" | "sitemapindex",
  entry: "url" | "sitemap",
  entries: { address: string; at: number | null }[],
): string {
  const lines = entries.map(({ address, at }) => {
    const loc = address.replaceAll("&", "&amp;").replaceAll("'", "&apos;");
    const date = at === null ? "" : `<lastmod>${new Date(at).toISOString()}</lastmod>`;
    return `<${entry}><loc>${loc}</loc>${date}</${entry}>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<${list} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${lines.join("\n")}
</${list}>
`;
}

function toResponse(xml: string): Response {
  return new Response(xml, {
    headers: {
      "content-type": "application/xml; charset=utf-8",
      "cache-control": "public, max-age=3600",
      "x-content-type-options": "nosniff",
    },
  });
}
