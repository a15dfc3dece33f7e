import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { MarketplaceComparison, MarketplaceVersion } from "../contract/api/marketplace-versions.ts";
import { findListedName } from "../db/marketplace.ts";
import { compareWithVersion, listVersions } from "../marketplace/versions.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  toListSchema,
  respondNoMarketplaceServer,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string(), name: z.string() });

const list = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}/versions",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary:
    "List the versions of a server that were seen, the present one first, with what has changed",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(MarketplaceVersion), "At most 21 versions"),
    ...READ_ERRORS,
  },
});

const compare = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}/comparison",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Compare a version of a server with what its entry is now",
  request: { params, query: z.object({ from: z.string().max(10_000).describe("The version") }) },
  responses: { 200: jsonResponse(MarketplaceComparison, "What has changed"), ...READ_ERRORS },
});

/** Routes for the versions of the marketplace's servers. */
export const marketplaceVersions = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const listed = await findListedName(c.var.db, `${namespace}/${name}`);
    const items = listed === null ? null : await listVersions(c.var.db, listed);
    return items ? c.json({ items }, 200) : respondNoMarketplaceServer(c);
  })
  .openapi(compare, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const { from } = c.req.valid("query");
    const listed = await findListedName(c.var.db, `${namespace}/${name}`);
    const comparison = listed === null ? null : await compareWithVersion(c.var.db, listed, from);
    return comparison ? c.json(comparison, 200) : respondNoMarketplaceServer(c);
  });
