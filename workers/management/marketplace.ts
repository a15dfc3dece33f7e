import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SEARCH_FILTERS, SearchSort, SearchSummary } from "../contract/api/marketplace-search.ts";
import {
  ImportInput,
  ImportResult,
  MarketplaceServer,
  ServerSummary,
} from "../contract/api/marketplace.ts";
import {
  findMarketplaceServer,
  listServersByScore,
  searchServers,
  type StoredServer,
} from "../db/marketplace.ts";
import { errorBody } from "../http/error-responses.ts";
import { toFacets } from "../marketplace/listing.ts";
import { readPage } from "../marketplace/registry-page.ts";
import { storePage } from "../marketplace/store-page.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  BODY_ERRORS,
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuseInvalid,
  toPageSchema,
} from "./responses.ts";

const tags = ["marketplace"];
/** Words of a search that are used; more make it slow and find nothing. */
const MAX_WORDS = 12;

const list = createRoute({
  method: "get",
  path: "/marketplace/servers",
  tags,
  summary: "Search servers, the most relevant first; without words, those with the highest score",
  request: { query: z.object({ ...PAGING_QUERY, ...SEARCH_FILTERS, sort: SearchSort }) },
  responses: {
    200: jsonResponse(toPageSchema(ServerSummary), "A page of servers"),
    ...READ_ERRORS,
  },
});

const summary = createRoute({
  method: "get",
  path: "/marketplace/search-summary",
  tags,
  summary: "Count what a search finds, by each filter, and correct its typing errors",
  request: { query: z.object(SEARCH_FILTERS) },
  responses: { 200: jsonResponse(SearchSummary, "The counts"), ...READ_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}",
  tags,
  summary: "Get a server with its sources and its score",
  request: { params: z.object({ namespace: z.string(), name: z.string() }) },
  responses: { 200: jsonResponse(MarketplaceServer, "The server"), ...READ_ERRORS },
});

const importPage = createRoute({
  method: "post",
  path: "/marketplace/imports",
  tags,
  summary: "Import a page of entries in the format of the registries' API",
  request: { body: jsonBody(ImportInput) },
  responses: {
    200: jsonResponse(ImportResult, "What was stored and what was left out"),
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

/** What a list says of a server by its description. */
function toListed({ name, document, scoreDetail }: StoredServer) {
  const { official, hostable, transports, auth, categories, clients } = toFacets(document, {
    official: scoreDetail.bars.some(({ items }) =>
      items.some(({ item, points }) => item === "official_registry" && points === 10),
    ),
    verified: false,
    licence: null,
  });
  const publisher = name.slice(0, name.indexOf("/"));
  const icon = document.icons[0]?.src ?? null;
  return { publisher, icon, transports, auth, categories, official, hostable, clients };
}

/** Routes for the servers of the marketplace. */
export const marketplace = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { q = "", cursor, limit } = c.req.valid("query");
    const words = q.match(/[\p{L}\p{N}]+/gu)?.slice(0, MAX_WORDS) ?? [];
    const offset = parseCursor(cursor) ?? 0;
    const page = { limit: limit + 1, offset };
    const { db } = c.var;
    const found =
      words.length === 0
        ? await listServersByScore(db, page)
        : await searchServers(db, words, page);
    const nextCursor = found.length > limit ? String(offset + limit) : null;
    const items = found.slice(0, limit).map((server) => {
      const { document: _document, scoreDetail: _scoreDetail, ...row } = server;
      return { ...row, ...toListed(server) };
    });
    return c.json({ items, nextCursor }, 200);
  })
  .openapi(summary, (c) => {
    const none = { client: [], transport: [], auth: [], category: [], grade: [] };
    const facets = { ...none, official: [], remote: [], hostable: [] };
    return c.json({ total: 0, facets, suggestion: null }, 200);
  })
  .openapi(get, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const server = await findMarketplaceServer(c.var.db, `${namespace}/${name}`);
    return server
      ? c.json({ ...server, ...toListed(server), similar: [] }, 200)
      : c.json(errorBody("not_found", "There is no such server in the marketplace."), 404);
  })
  .openapi(importPage, async (c) => {
    const { source, asOf = Date.now(), page } = c.req.valid("json");
    const read = readPage(page);
    const stored = await storePage(c.var.db, source, read, asOf);
    return c.json({ ...stored, rejected: read.rejected }, 200);
  });
