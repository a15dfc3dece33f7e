import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Drift, RemoteProbe } from "../contract/api/marketplace-probes.ts";
import { listDrift, listProbes } from "../db/marketplace-probes.ts";
import { findListedName } from "../db/marketplace.ts";
import { probeServer } from "../marketplace/probes/run-probes.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  respondNoMarketplaceServer,
  toListSchema,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string(), name: z.string() });

const drift = createRoute({
  method: "get",
  path: "/marketplace/servers/{namespace}/{name}/drift",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "List what has changed between the probes of a server, the newest first",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(Drift), "At most 200 changes of the last 90 days"),
    ...READ_ERRORS,
  },
});

const probe = createRoute({
  method: "post",
  path: "/marketplace/servers/{namespace}/{name}/probes",
  tags,
  summary: "Probe the addresses of a server now",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(RemoteProbe), "The results"), ...READ_ERRORS },
});

/** Routes for the probes of the marketplace's servers. */
export const marketplaceProbes = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(drift, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const wanted = await findListedName(c.var.db, `${namespace}/${name}`);
    if (wanted === null) return respondNoMarketplaceServer(c);
    return c.json({ items: await listDrift(c.var.db, wanted) }, 200);
  })
  .openapi(probe, async (c) => {
    const { namespace, name } = c.req.valid("param");
    const { db } = c.var;
    const wanted = await findListedName(db, `${namespace}/${name}`);
    if (wanted === null) return respondNoMarketplaceServer(c);
    await probeServer(c.env, db, wanted);
    return c.json({ items: await listProbes(db, wanted) }, 200);
  });
