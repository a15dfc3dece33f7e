import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { SourceFreshness } from "../contract/api/marketplace-freshness.ts";
import type { RunRow } from "../db/marketplace-runs.ts";
import { listSources, type SourceRow } from "../db/marketplace-sources.ts";
import { isSynced } from "../marketplace/sync/source-address.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
  toListSchema,
} from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/marketplace/freshness",
  security: OPTIONAL_AUTHENTICATION,
  tags: ["marketplace"],
  summary:
    "List the registries that the marketplace is synced with, and how current each is, by name",
  responses: { 200: jsonResponse(toListSchema(SourceFreshness), "The registries"), ...READ_ERRORS },
});

/** The route that tells readers of the marketplace how current it is. */
export const marketplaceFreshness = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
}).openapi(get, async (c) => {
  const sources = await listSources(c.var.db);
  const items = sources
    .filter(({ source }) => isSynced(source, c.env))
    .map(({ source, lastRun }) => toFreshness(source, lastRun));
  return c.json({ items }, 200);
});

function toFreshness({ name, syncedAt }: SourceRow, run: RunRow | null): SourceFreshness {
  return {
    name,
    syncedAt,
    running:
      run?.state === "running"
        ? { startedAt: run.startedAt, entries: run.changed + run.unchanged }
        : null,
    hasFailed: run?.state === "failed",
  };
}
