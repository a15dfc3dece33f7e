import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { MarketplacePublisher } from "../contract/api/marketplace-publishers.ts";
import { toClaimPlace } from "../contract/marketplace/claim-place.ts";
import { findHostingService, listPublisherBadges } from "../contract/marketplace/publisher.ts";
import { findStandingClaim } from "../db/marketplace-claims.ts";
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

/** Routes for the publishers of the marketplace's servers: their namespaces. */
export const marketplacePublishers = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
}).openapi(get, async (c) => {
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
