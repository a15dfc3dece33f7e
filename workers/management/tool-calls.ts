import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ToolCall } from "../contract/api/resources.ts";
import { CallRow, CallStatus } from "../contract/records/audit.ts";
import { exportCalls, listCalls, type CallFilters } from "../db/calls.ts";
import type { Db } from "../db/database.ts";
import { Names } from "../db/names.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  EXPORT_RESPONSE,
  ExportFormat,
  mapPages,
  recordExport,
  toExportResponse,
  toIsoTime,
} from "./export.ts";
import { nameCalls } from "./named-rows.ts";
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

/** Columns of earlier releases keep their places. */
const EXPORT_COLUMNS = [
  ...CallRow.keyof().options,
  "time",
  "memberName",
  "tokenLabel",
  "serverName",
] as const;

/** Routes for the calls in a workspace's audit log. */
export const toolCalls = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const { db, workspace } = c.var;
    const page = { cursor, limit };
    return c.json(await readCalls(db, workspace.id, toCallFilters(filters), page), 200);
  })
  .openapi(download, async (c) => {
    const { format, ...filters } = c.req.valid("query");
    await recordExport(c, "tool-calls", format, filters);
    const { db, workspace } = c.var;
    const names = new Names(db, workspace.id);
    const pages = exportCalls(db, workspace.id, toCallFilters(filters));
    const rows = mapPages(pages, async (page) =>
      (await nameCalls(names, page)).map((row) => ({ ...row, time: toIsoTime(row.createdAt) })),
    );
    return toExportResponse(c, "tool-calls", format, EXPORT_COLUMNS, rows);
  });

/** Returns a page of calls with names, newest first. */
export async function readCalls(
  db: Db,
  workspaceId: string,
  filters: CallFilters,
  { cursor, limit }: { cursor: string | undefined; limit: number },
) {
  const rows = await listCalls(db, workspaceId, filters, parseCursor(cursor), limit);
  const named = await nameCalls(new Names(db, workspaceId), rows);
  return toPage(named, limit, ({ seq }) => seq);
}

/** Maps query parameters to database filters. */
export function toCallFilters({
  member,
  server,
  tool,
  ...rest
}: z.infer<typeof CallQuery>): CallFilters {
  return { ...rest, memberId: member, serverSlug: server, toolName: tool };
}
