import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SearchFilters, SearchSort, SearchSummary } from "../contract/api/marketplace-search.ts";
import {
  ImportInput,
  ImportResult,
  MarketplaceServer,
  ServerSummary,
} from "../contract/api/marketplace.ts";
import { findHostingService, listServerBadges } from "../contract/marketplace/publisher.ts";
import type { Db } from "../db/database.ts";
import { storeEvent } from "../db/events.ts";
import { listCollectionsOf } from "../db/marketplace-collections.ts";
import { findHiding } from "../db/marketplace-hidden.ts";
import { listProbes } from "../db/marketplace-probes.ts";
import { findListedName, findMarketplaceServer } from "../db/marketplace.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { openCatalogue, type Catalogue } from "../marketplace/catalogue.ts";
import { toNameKey } from "../marketplace/identity.ts";
import { readLastWeek } from "../marketplace/installs.ts";
import { toQuery, type Query } from "../marketplace/query.ts";
import { readPage } from "../marketplace/registry-page.ts";
import { countFound, countMatches, listFound, summarizeServers } from "../marketplace/search.ts";
import { readServerSignals } from "../marketplace/signals/server-signals.ts";
import { findSimilar } from "../marketplace/similar.ts";
import { PUBLISHED_SOURCE } from "../marketplace/sources.ts";
import { storePage } from "../marketplace/store-page.ts";
import { suggestQuery } from "../marketplace/suggestion.ts";
import type { ManagementEnv } from "./authorize.ts";
import { parsePlace, PLACE_QUERY, toPlaceText } from "./marketplace-places.ts";
import {
  BODY_ERRORS,
  jsonBody,
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  toPageSchema,
} from "./responses.ts";

const tags = ["marketplace"];

const list = createRoute({
  method: "get",
  path: "/marketplace/servers",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Search servers, the most relevant first; without words, those with the highest score",
  request: {
    query: z.object({ ...PLACE_QUERY, ...SearchFilters.shape, sort: SearchSort }),
  },
  responses: {
    200: jsonResponse(toPageSchema(ServerSummary), "A page of servers"),
    ...READ_ERRORS,
  },
});

const summary = createRoute({
  method: "get",
  path: "/marketplace/search-summary",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Count what a search finds, by each filter, and correct its typing errors",
  request: { query: SearchFilters },
  responses: { 200: jsonResponse(SearchSummary, "The counts"), ...READ_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Get a server with its sources and its score, by any name that a source gives it",
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

/** A search with fewer matches is looked through for typing errors. */
const FEW_MATCHES = 5;

/** Routes for the servers of the marketplace. */
export const marketplace = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { sort, cursor, limit, ...filters } = c.req.valid("query");
    const query = toQuery(filters);
    if (typeof query === "string") return c.json(errorBody("invalid", query), 400);
    const { db } = c.var;
    const catalogue = await openCatalogue(db, (work) => c.executionCtx.waitUntil(work));
    const found = await listFound(db, catalogue, {
      query,
      sort,
      cursor: parsePlace(cursor),
      limit,
    });
    const nextCursor = toPlaceText(found.next);
    return c.json({ items: await summarizeServers(db, catalogue, found.ids), nextCursor }, 200);
  })
  .openapi(summary, async (c) => {
    const filters = c.req.valid("query");
    const query = toQuery(filters);
    if (typeof query === "string") return c.json(errorBody("invalid", query), 400);
    const { db } = c.var;
    const catalogue = await openCatalogue(db, (work) => c.executionCtx.waitUntil(work));
    return c.json(await summarize(db, catalogue, query, filters.q ?? ""), 200);
  })
  .openapi(get, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const { db } = c.var;
    const wanted = `${namespace}/${name}`;
    const listed = await findListedName(db, wanted);
    const found = listed === null ? null : await findMarketplaceServer(db, listed);
    if (!found) {
      const hidden = await findHiding(db, wanted, toNameKey(wanted));
      const message = hidden
        ? `The operator of this marketplace has hidden this server: ${hidden.reason}`
        : "There is no such server in the marketplace.";
      return c.json(errorBody(hidden ? "hidden_server" : "not_found", message), 404);
    }
    const { id, server } = found;
    const catalogue = await openCatalogue(db, (work) => c.executionCtx.waitUntil(work));
    const ids = await findSimilar(db, catalogue, { id, document: server.document });
    const [own, ...similar] = await summarizeServers(db, catalogue, [id, ...ids]);
    if (!own) return c.json(errorBody("not_found", "The server was deleted just now."), 404);
    const [installsLastWeek, collections, probes, { signals, refresh }] = await Promise.all([
      readLastWeek(db, server.name, Date.now()),
      listCollectionsOf(db, server.name),
      listProbes(db, server.name),
      readServerSignals(db, c.env, server.document),
    ]);
    if (refresh) c.executionCtx.waitUntil(refresh());
    const badges = listServerBadges(server.document, own.official);
    const hostedBy = findHostingService(own.publisher);
    const more = { badges, hostedBy, similar, installsLastWeek, collections, probes, signals };
    return c.json({ ...own, ...server, ...more }, 200);
  })
  .openapi(importPage, async (c) => {
    const { source, asOf = Date.now(), page } = c.req.valid("json");
    if (source === PUBLISHED_SOURCE) {
      const message = "source: this one has what people have published here. Choose another name.";
      return c.json(errorBody("invalid", message), 400);
    }
    const read = readPage(page);
    const stored = await storePage(c.var.db, source, read, asOf);
    const { changed, deleted } = stored;
    if (changed + deleted > 0) {
      const object = `marketplace-source:${source}`;
      const detail = { changed, deleted };
      await storeEvent(
        c.var.db,
        makeAuditEvent(c.var.actor, "marketplace.imported", object, detail),
      );
    }
    return c.json({ ...stored, rejected: read.rejected }, 200);
  });

/** Counts a search and corrects it; the result is kept in memory, except for searches that depend on the time. */
async function summarize(
  db: Db,
  catalogue: Catalogue,
  query: Query,
  q: string,
): Promise<SearchSummary> {
  const key = JSON.stringify([query, q]);
  const known = catalogue.counts.get(key);
  if (known) return known;
  const counted = await countFound(db, catalogue, query);
  const matches = query.words.length === 0 ? Infinity : await countMatches(db, catalogue, query);
  const suggestion =
    matches < FEW_MATCHES ? await suggestQuery(db, catalogue, q, query.words) : null;
  const found = { ...counted, suggestion };
  if (query.updatedWithin === null) catalogue.counts.set(key, found);
  return found;
}
