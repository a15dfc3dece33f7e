import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Event } from "../contract/api/resources.ts";
import { AuditEvent } from "../contract/records/audit.ts";
import { openDb } from "../db/database.ts";
import { exportEvents, listEvents, type NumberedEvent } from "../db/events.ts";
import type { ManagementEnv } from "./authorize.ts";
import { exportAnswer, exportResponse, Format } from "./export.ts";
import { json, pageOf, paging, readErrors, timeRange, toPage, toPosition } from "./responses.ts";

const tags = ["audit"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/audit-events",
  tags,
  summary: "What was done to the workspace, newest first",
  request: { params, query: z.strictObject({ ...timeRange, ...paging }) },
  responses: { 200: json(pageOf(Event), "A page of events"), ...readErrors },
});

const download = createRoute({
  method: "get",
  path: "/{workspace}/audit-events/export",
  tags,
  summary: "All events that match, newest first, as a file",
  request: { params, query: z.strictObject({ ...timeRange, format: Format }) },
  responses: { 200: exportAnswer, ...readErrors },
});

export const auditEvents = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const events = await listEvents(
      openDb(c.env.DB),
      c.var.workspace.id,
      filters,
      toPosition(cursor),
      limit,
    );
    const { items, nextCursor } = toPage(events, limit, ({ seq }) => seq);
    return c.json({ items: items.map(withoutSeq), nextCursor }, 200);
  })
  .openapi(download, (c) => {
    const { format, ...filters } = c.req.valid("query");
    const pages = exportEvents(openDb(c.env.DB), c.var.workspace.id, filters);
    return exportResponse("audit-events", format, AuditEvent.keyof().options, pages);
  });

/** An event's number is for paging only. */
export function withoutSeq(numbered: NumberedEvent): AuditEvent {
  const { seq: _, ...event } = numbered;
  return event;
}
