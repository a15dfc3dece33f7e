import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Event } from "../contract/api/resources.ts";
import { AuditEvent } from "../contract/records/audit.ts";
import { exportEvents, listEvents, type NumberedEvent } from "../db/events.ts";
import type { ManagementEnv } from "./authorize.ts";
import { EXPORT_RESPONSE, toExportResponse, ExportFormat } from "./export.ts";
import {
  jsonResponse,
  toPageSchema,
  PAGING_QUERY,
  READ_ERRORS,
  TIME_RANGE_QUERY,
  toPage,
  parseCursor,
} from "./responses.ts";

const tags = ["audit"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/audit-events",
  tags,
  summary: "List changes of the workspace, newest first",
  request: { params, query: z.strictObject({ ...TIME_RANGE_QUERY, ...PAGING_QUERY }) },
  responses: { 200: jsonResponse(toPageSchema(Event), "A page of audit events"), ...READ_ERRORS },
});

const download = createRoute({
  method: "get",
  path: "/{workspace}/audit-events/export",
  tags,
  summary: "Export changes of the workspace as a file, newest first",
  request: { params, query: z.strictObject({ ...TIME_RANGE_QUERY, format: ExportFormat }) },
  responses: { 200: EXPORT_RESPONSE, ...READ_ERRORS },
});

/** Routes for a workspace's audit events. */
/** Routes for a workspace's audit events. */
export const auditEvents = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const events = await listEvents(
      c.var.db,
      c.var.workspace.id,
      filters,
      parseCursor(cursor),
      limit,
    );
    const { items, nextCursor } = toPage(events, limit, ({ seq }) => seq);
    return c.json({ items: items.map(toAuditEvent), nextCursor }, 200);
  })
  .openapi(download, (c) => {
    const { format, ...filters } = c.req.valid("query");
    const pages = exportEvents(c.var.db, c.var.workspace.id, filters);
    return toExportResponse("audit-events", format, AuditEvent.keyof().options, pages);
  });

/** Removes the event's number, which only serves as a page cursor. */
export function toAuditEvent(numbered: NumberedEvent): AuditEvent {
  const { seq: _, ...event } = numbered;
  return event;
}
