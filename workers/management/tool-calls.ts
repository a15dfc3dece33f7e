import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ToolCall } from "../contract/api/resources.ts";
import { CallRow, CallStatus } from "../contract/records/audit.ts";
import { exportCalls, listCalls, type CallFilters } from "../db/calls.ts";
import type { ManagementEnv } from "./authorize.ts";
import { EXPORT_RESPONSE, recordExport, toExportResponse, ExportFormat } from "./export.ts";
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

/** Query parameters that filter calls. */
export const CallQuery = z.strictObject({
  member: z.string().optional().describe("A member's id"),
  server: z.string().optional().describe("A server's slug"),
  tool: z.string().optional().describe("A tool's or prompt's name on the server"),
  status: CallStatus.optional(),
  method: z.string().optional().describe("An MCP method, such as tools/call"),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .meta({ type: "integer" })
    .optional()
    .describe("Only calls with a greater sequence number, to poll for new calls"),
  ...TIME_RANGE_QUERY,
});

const list = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls",
  tags,
  summary: "List calls, newest first",
  request: { params, query: CallQuery.extend(PAGING_QUERY) },
  responses: { 200: jsonResponse(toPageSchema(ToolCall), "A page of calls"), ...READ_ERRORS },
});

const download = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls/export",
  tags,
  summary: "Export calls as a file, newest first; is an audit event",
  request: { params, query: CallQuery.extend({ format: ExportFormat }) },
  responses: { 200: EXPORT_RESPONSE, ...READ_ERRORS },
});

/** Routes for the calls in a workspace's audit log. */
export const toolCalls = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const rows = await listCalls(
      c.var.db,
      c.var.workspace.id,
      toCallFilters(filters),
      parseCursor(cursor),
      limit,
    );
    return c.json(
      toPage(rows, limit, (row) => row.seq),
      200,
    );
  })
  .openapi(download, async (c) => {
    const { format, ...filters } = c.req.valid("query");
    await recordExport(c, "tool-calls", format, filters);
    const pages = exportCalls(c.var.db, c.var.workspace.id, toCallFilters(filters));
    return toExportResponse(c, "tool-calls", format, CallRow.keyof().options, pages);
  });

/** Maps query parameters to database filters. */
export function toCallFilters({
  member,
  server,
  tool,
  ...rest
}: z.infer<typeof CallQuery>): CallFilters {
  return { ...rest, memberId: member, serverSlug: server, toolName: tool };
}
