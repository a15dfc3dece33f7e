import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  MarketplaceReport,
  ReportDecision,
  ReportInput,
  ReportStatus,
} from "../contract/api/marketplace-reports.ts";
import { newId } from "../crypto/ids.ts";
import { closeReport, insertReport, listReports } from "../db/marketplace-reports.ts";
import { findListedName } from "../db/marketplace.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorBody, respondLimited } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { toVisit } from "../marketplace/installs.ts";
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
  respondNoMarketplaceServer,
} from "./responses.ts";

const tags = ["marketplace"];

const create = createRoute({
  method: "post",
  path: "/marketplace/servers/{namespace}/{name}/reports",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Report wrong data of a server to the operator, at most once a day",
  request: {
    params: z.object({ namespace: z.string(), name: z.string() }),
    body: jsonBody(ReportInput),
  },
  responses: { 204: { description: "The operator can read it" }, ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/marketplace/reports",
  tags,
  summary: "List reports of wrong data, newest first",
  request: { query: z.object({ ...PAGING_QUERY, status: ReportStatus.default("open") }) },
  responses: {
    200: jsonResponse(toPageSchema(MarketplaceReport), "A page of reports"),
    ...READ_ERRORS,
  },
});

const decide = createRoute({
  method: "post",
  path: "/marketplace/reports/{report}/decision",
  tags,
  summary: "Resolve or dismiss an open report, with a note",
  request: { params: z.object({ report: z.string() }), body: jsonBody(ReportDecision) },
  responses: { 204: { description: "The report is closed" }, ...WRITE_ERRORS },
});

/** Routes for reports of wrong data. */
export const marketplaceReports = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(create, async (c) => {
    const { db } = c.var;
    const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
    if (!(await passesStrangerLimit(c.env, address)))
      return respondLimited(c, STRANGER_WAIT_SECONDS);
    const { namespace, name: own } = c.req.valid("param");
    const name = await findListedName(db, `${namespace}/${own}`);
    if (name === null) return respondNoMarketplaceServer(c);
    const now = Date.now();
    const visit = await toVisit(db, ["report", name], address, now);
    const report = { id: newId("rep"), name, ...c.req.valid("json"), createdAt: now };
    const outcome = await insertReport(db, report, visit);
    return outcome === "stored"
      ? c.body(null, 204)
      : refuse(c, { code: "conflict", message: CONFLICTS[outcome] });
  })
  .openapi(list, async (c) => {
    const { cursor, limit, status } = c.req.valid("query");
    const offset = parseCursor(cursor) ?? 0;
    const rows = await listReports(c.var.db, status, { limit: limit + 1, offset });
    const nextCursor = rows.length > limit ? String(offset + limit) : null;
    return c.json({ items: rows.slice(0, limit), nextCursor }, 200);
  })
  .openapi(decide, async (c) => {
    const { db, actor } = c.var;
    const { outcome: status, note } = c.req.valid("json");
    const closing = { status, note, actor, at: Date.now() };
    if (!(await closeReport(db, c.req.valid("param").report, closing)))
      return c.json(errorBody("not_found", "There is no such open report."), 404);
    return c.body(null, 204);
  });

const CONFLICTS = {
  repeated: "You have reported this server today. The operator has your report.",
  full: "The operator has many open reports of this server, or in all. Try again in a few days.",
};
