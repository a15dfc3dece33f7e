import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  InstallInput,
  MarketplaceInstalls,
  TrendingServer,
} from "../contract/api/marketplace-installs.ts";
import { readInstallCounts, readTrendingServers } from "../db/marketplace-installs.ts";
import { findListedName } from "../db/marketplace.ts";
import { clientAddress } from "../http/client-address.ts";
import { respondLimited } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { readWeeks, recordInstall, toDay } from "../marketplace/installs.ts";
import { MIN_INSTALLS, rankTrending } from "../marketplace/trending.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  BODY_ERRORS,
  jsonBody,
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  toListSchema,
  respondNoMarketplaceServer,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string(), name: z.string() });

const count = createRoute({
  method: "post",
  path: "/marketplace/servers/{namespace}/{name}/installs",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Count an install: a configuration was copied, or a link was clicked",
  request: { params, body: jsonBody(InstallInput) },
  responses: {
    204: { description: "It is counted, at most once for each visitor, server and day" },
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

const get = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}/installs",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Get how often a server was installed in the last 12 weeks",
  request: { params },
  responses: { 200: jsonResponse(MarketplaceInstalls, "Installs by week"), ...READ_ERRORS },
});

const trending = createRoute({
  method: "get",
  path: "/marketplace/trending",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "List the servers whose installs have grown most",
  responses: {
    200: jsonResponse(toListSchema(TrendingServer), "At most 12 servers"),
    ...READ_ERRORS,
  },
});

/** Routes for the installs of the marketplace's servers. */
export const marketplaceInstalls = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(count, async (c) => {
    const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
    if (!(await passesStrangerLimit(c.env, address)))
      return respondLimited(c, STRANGER_WAIT_SECONDS);
    const { namespace, name: own } = c.req.valid("param");
    const { client } = c.req.valid("json");
    const name = await findListedName(c.var.db, `${namespace}/${own}`);
    if (name === null) return respondNoMarketplaceServer(c);
    await recordInstall(c.var.db, { name, client, address }, Date.now());
    return c.body(null, 204);
  })
  .openapi(get, async (c) => {
    const { namespace, name: own } = c.req.valid("param");
    const name = await findListedName(c.var.db, `${namespace}/${own}`);
    if (name === null) return respondNoMarketplaceServer(c);
    return c.json(await readWeeks(c.var.db, name, Date.now()), 200);
  })
  .openapi(trending, async (c) => {
    const { db } = c.var;
    const counts = await readInstallCounts(db, toDay(Date.now()), MIN_INSTALLS);
    const trends = rankTrending(counts);
    const servers = await readTrendingServers(
      db,
      trends.map(({ name }) => name),
    );
    const items = trends.flatMap(({ name, installs, growth }) => {
      const server = servers.get(name);
      return server ? [{ ...server, installs, growth }] : [];
    });
    return c.json({ items }, 200);
  });
