import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { MarketplacePublisher } from "../contract/api/marketplace-publishers.ts";
import { PublisherHistory } from "../contract/api/marketplace-publishing.ts";
import { toClaimPlace } from "../contract/marketplace/claim-place.ts";
import { findHostingService, listPublisherBadges } from "../contract/marketplace/publisher.ts";
import { DAY_MS } from "../contract/units.ts";
import { findStandingClaim } from "../db/marketplace-claims.ts";
import { readInstallSums } from "../db/marketplace-installs.ts";
import { readScoreDays } from "../db/marketplace-score-days.ts";
import { findPublisher } from "../db/marketplace-search.ts";
import { errorBody } from "../http/error-responses.ts";
import { openCatalogue } from "../marketplace/catalogue.ts";
import { listFound, summarizeServers } from "../marketplace/search.ts";
import type { ManagementEnv } from "./authorize.ts";
import { parsePlace, toPlaceText, PLACE_QUERY } from "./marketplace-places.ts";
import { jsonResponse, OPTIONAL_AUTHENTICATION, READ_ERRORS, refuseInvalid } from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/marketplace/publishers/{namespace}",
  security: OPTIONAL_AUTHENTICATION,
  tags: ["marketplace"],
  summary: "Get a publisher with what is proven of it, and a page of its servers",
  request: { params: z.object({ namespace: z.string() }), query: z.object(PLACE_QUERY) },
  responses: { 200: jsonResponse(MarketplacePublisher, "The publisher"), ...READ_ERRORS },
});

/** Servers whose history is read at once, and the days of their installs. */
const HISTORY_SERVERS = 20;
const WEEK_DAYS = 7;

const history = createRoute({
  method: "get",
  path: "/marketplace/publishers/{namespace}/history",
  security: OPTIONAL_AUTHENTICATION,
  tags: ["marketplace"],
  summary:
    "Get the installs and the scores over time of a publisher's servers with the highest scores",
  request: { params: z.object({ namespace: z.string() }) },
  responses: { 200: jsonResponse(PublisherHistory, "At most 20 servers"), ...READ_ERRORS },
});

/** Routes for the publishers of the marketplace's servers: their namespaces. */
export const marketplacePublishers = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
})
  .openapi(history, async (c) => {
    const { db } = c.var;
    const wanted = c.req.valid("param").namespace.toLowerCase();
    const catalogue = await openCatalogue(db, (work) => c.executionCtx.waitUntil(work));
    const query = { words: [], named: null, wanted: [], publishers: [wanted], updatedWithin: null };
    const place = { query, sort: "score" as const, cursor: null, limit: HISTORY_SERVERS };
    const { ids } = await listFound(db, catalogue, place);
    const names = (await summarizeServers(db, catalogue, ids)).map(({ name }) => name);
    const lastWeek = Math.floor(Date.now() / DAY_MS) - WEEK_DAYS;
    const installs = await readInstallSums(db, names, lastWeek);
    const scores = Map.groupBy(await readScoreDays(db, names), ({ name }) => name);
    const items = names.map((name) => ({
      name,
      installsLastWeek: installs.get(name) ?? 0,
      scores: (scores.get(name) ?? []).map(({ day, score, grade }) => ({ day, score, grade })),
    }));
    return c.json({ items }, 200);
  })
  .openapi(get, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const { db } = c.var;
    const wanted = c.req.valid("param").namespace.toLowerCase();
    const publisher = await findPublisher(db, wanted);
    if (!publisher) {
      const message = "No server of the marketplace has this namespace.";
      return c.json(errorBody("not_found", message), 404);
    }
    const { namespace, servers } = publisher;
    const catalogue = await openCatalogue(db, (work) => c.executionCtx.waitUntil(work));
    const query = { words: [], named: null, wanted: [], publishers: [wanted], updatedWithin: null };
    const found = await listFound(db, catalogue, {
      query,
      sort: "score",
      cursor: parsePlace(cursor),
      limit,
    });
    const claim = await findStandingClaim(db, wanted);
    const place = claim && toClaimPlace(namespace);
    const claimed = place
      ? [
          {
            badge: "claimed-here" as const,
            subject: place.subject,
            evidence: place.evidence,
            servers,
          },
        ]
      : [];
    return c.json(
      {
        namespace,
        servers,
        badges: [...listPublisherBadges(namespace, publisher), ...claimed],
        hostedBy: findHostingService(namespace),
        items: await summarizeServers(db, catalogue, found.ids),
        nextCursor: toPlaceText(found.next),
      },
      200,
    );
  });
