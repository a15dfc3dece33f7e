import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { MarketplaceReadme } from "../contract/api/marketplace-readme.ts";
import { findDescribedServer } from "../db/marketplace-readmes.ts";
import { findListedName } from "../db/marketplace.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorBody } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { openReadme } from "../marketplace/readme/open-readme.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  respondNoMarketplaceServer,
} from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}/readme",
  security: OPTIONAL_AUTHENTICATION,
  tags: ["marketplace"],
  summary: "Get the README of a server's repository, which is fetched at most once a day",
  request: { params: z.object({ namespace: z.string(), name: z.string() }) },
  responses: {
    200: jsonResponse(MarketplaceReadme, "The README, or why there is none"),
    ...READ_ERRORS,
  },
});

/** Route for the READMEs of the marketplace's servers. */
export const marketplaceReadme = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
}).openapi(get, async (c) => {
  const { namespace, name } = c.req.valid("param");
  const listed = await findListedName(c.var.db, `${namespace}/${name}`);
  const server = listed === null ? null : await findDescribedServer(c.var.db, listed);
  if (!server) return respondNoMarketplaceServer(c);
  const readme = await openReadme(c.env, c.var.db, server, {
    mayFetch: () =>
      passesStrangerLimit(c.env, clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER)),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  if (readme !== "limited") return c.json(readme, 200);
  c.header("retry-after", String(STRANGER_WAIT_SECONDS));
  const message = `This address has asked for too many READMEs that are not here yet. Try again in ${STRANGER_WAIT_SECONDS} seconds.`;
  return c.json(errorBody("rate_limited", message), 429);
});
