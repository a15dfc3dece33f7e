import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  IsoWeek,
  MarketplaceWeek,
  PickInput,
  ServerOfTheWeek,
} from "../contract/api/marketplace-curation.ts";
import { parseIsoWeek, toIsoWeek, toMonday } from "../contract/marketplace/iso-week.ts";
import { readServersByName } from "../db/marketplace-collections.ts";
import { deletePick, listWeeks, savePick, type WeekRow } from "../db/marketplace-weeks.ts";
import { findListedName } from "../db/marketplace.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { toDay } from "../marketplace/installs.ts";
import { decideServerOfTheWeek } from "../marketplace/server-of-the-week.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  toPageSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ week: IsoWeek });

const current = createRoute({
  method: "get",
  path: "/marketplace/server-of-the-week",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Get the server of this week with the reason: the operator's pick, else by a rule",
  responses: { 200: jsonResponse(ServerOfTheWeek, "The server"), ...READ_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/marketplace/weeks",
  tags,
  summary: "List the servers of the weeks with picks for coming ones, the latest first",
  request: { query: z.object(PAGING_QUERY) },
  responses: {
    200: jsonResponse(toPageSchema(MarketplaceWeek), "A page of weeks"),
    ...READ_ERRORS,
  },
});

const put = createRoute({
  method: "put",
  path: "/marketplace/weeks/{week}",
  tags,
  summary: "Pick the server of this week or of a coming one",
  request: { params, body: jsonBody(PickInput) },
  responses: { 200: jsonResponse(MarketplaceWeek, "The pick"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/marketplace/weeks/{week}",
  tags,
  summary: "Withdraw the pick for this week or a coming one, so that the rule decides",
  request: { params },
  responses: { 204: { description: "There is no pick" }, ...WRITE_ERRORS },
});

/** Routes for the server of the week. */
export const marketplaceWeeks = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(current, async (c) => {
    const { db } = c.var;
    const week = await decideServerOfTheWeek(db, Date.now());
    const known = week && (await readServersByName(db, [week.name])).get(week.name);
    return c.json({ item: known ? { ...toWeek(week), server: known.server } : null }, 200);
  })
  .openapi(list, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const offset = parseCursor(cursor) ?? 0;
    const rows = await listWeeks(c.var.db, { limit: limit + 1, offset });
    const nextCursor = rows.length > limit ? String(offset + limit) : null;
    return c.json({ items: rows.slice(0, limit).map(toWeek), nextCursor }, 200);
  })
  .openapi(put, async (c) => {
    const { db, actor } = c.var;
    const { week } = c.req.valid("param");
    const { name: asked, reason } = c.req.valid("json");
    const monday = readMonday(week);
    if (monday === null) return refusePast(c);
    const name = await findListedName(db, asked);
    if (name === null)
      return refuse(c, {
        code: "invalid",
        message: "name: there is no such server in the marketplace.",
      });
    const object = `marketplace-week:${week}`;
    const event = makeAuditEvent(actor, "marketplace_week.picked", object, { name });
    const row = { week: monday, name, reason, isPick: true, decidedAt: event.occurredAt };
    await savePick(db, row, event);
    return c.json(toWeek(row), 200);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const { week } = c.req.valid("param");
    const monday = readMonday(week);
    if (monday === null) return refusePast(c);
    const event = makeAuditEvent(actor, "marketplace_week.unpicked", `marketplace-week:${week}`);
    if (!(await deletePick(db, monday, event)))
      return c.json(errorBody("not_found", "There is no pick for this week."), 404);
    return c.body(null, 204);
  });

function toWeek({ week, ...row }: WeekRow): z.infer<typeof MarketplaceWeek> {
  return { week: toIsoWeek(week), ...row };
}

/** Null: the week is no week, or past: what was shown does not change. */
function readMonday(week: string): number | null {
  const monday = parseIsoWeek(week);
  return monday === null || monday < toMonday(toDay(Date.now())) ? null : monday;
}

function refusePast(c: Context) {
  const thisWeek = toIsoWeek(toMonday(toDay(Date.now())));
  const message = `week: it is past, or its year does not have it. This week is ${thisWeek}.`;
  return refuse(c, { code: "invalid", message });
}
