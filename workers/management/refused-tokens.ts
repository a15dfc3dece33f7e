import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { RefusedTokenHour } from "../contract/api/resources.ts";
import { DAY_MS } from "../contract/units.ts";
import { listRefusedTokens } from "../db/refused-tokens.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS, toListSchema } from "./responses.ts";

const SHOWN_DAYS = 7;

const list = createRoute({
  method: "get",
  path: "/{workspace}/refused-tokens",
  tags: ["tokens"],
  summary: "Count the requests with a token that is not valid, by hour, over the last 7 days",
  request: { params: z.object({ workspace: z.string() }) },
  responses: {
    200: jsonResponse(toListSchema(RefusedTokenHour), "The hours with refused tokens"),
    ...READ_ERRORS,
  },
});

/** Route for the numbers of refused tokens. */
export const refusedTokens = new OpenAPIHono<ManagementEnv>().openapi(list, async (c) => {
  const since = Date.now() - SHOWN_DAYS * DAY_MS;
  return c.json({ items: await listRefusedTokens(c.var.db, c.var.workspace.id, since) }, 200);
});
