import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ToolCall } from "../contract/api/resources.ts";
import { CallRow, CallStatus } from "../contract/records/audit.ts";
import { exportCalls, listCalls, type CallFilters } from "../db/calls.ts";
import { openDb } from "../db/database.ts";
import type { ManagementEnv } from "./authorize.ts";
import { exportAnswer, exportResponse, Format } from "./export.ts";
import { json, pageOf, paging, readErrors, timeRange, toPage, toPosition } from "./responses.ts";

const tags = ["audit"];
const params = z.object({ workspace: z.string() });

export const Filters = z.strictObject({
  member: z.string().optional().describe("A member's id"),
  server: z.string().optional().describe("A server's slug"),
  tool: z.string().optional().describe("A tool's or prompt's own name, as the server has it"),
  status: CallStatus.optional(),
  method: z.string().optional().describe("An MCP method, such as tools/call"),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .meta({ type: "integer" })
    .optional()
    .describe("Only calls with higher numbers: for following what happens"),
  ...timeRange,
});

const list = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls",
  tags,
  summary: "Calls, newest first",
  request: { params, query: Filters.extend(paging) },
  responses: { 200: json(pageOf(ToolCall), "A page of calls"), ...readErrors },
});

const download = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls/export",
  tags,
  summary: "All calls that match, newest first, as a file",
  request: { params, query: Filters.extend({ format: Format }) },
  responses: { 200: exportAnswer, ...readErrors },
});

export const toolCalls = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const rows = await listCalls(
      openDb(c.env.DB),
      c.var.workspace.id,
      toFilters(filters),
      toPosition(cursor),
      limit,
    );
    return c.json(
      toPage(rows, limit, (row) => row.seq),
      200,
    );
  })
  .openapi(download, (c) => {
    const { format, ...filters } = c.req.valid("query");
    const pages = exportCalls(openDb(c.env.DB), c.var.workspace.id, toFilters(filters));
    return exportResponse("tool-calls", format, CallRow.keyof().options, pages);
  });

/** The filters of a query as the database knows them. */
export function toFilters({ member, server, tool, ...rest }: z.infer<typeof Filters>): CallFilters {
  return { ...rest, memberId: member, serverSlug: server, toolName: tool };
}
