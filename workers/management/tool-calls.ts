import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ToolCall } from "../contract/api/resources.ts";
import { CallRow } from "../contract/records/audit.ts";
import type { CallFilters } from "../db/call-filters.ts";
import { exportCalls, listCalls } from "../db/calls.ts";
import type { Names } from "../db/names.ts";
import type { ManagementEnv } from "./authorize.ts";
import { CallQuery, toCallFilters } from "./call-query.ts";
import { openNames } from "./caller-names.ts";
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
  toPage,
  parseCursor,
} from "./responses.ts";

const tags = ["audit"];
const params = z.object({ workspace: z.string() });

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
  "memberRemoved",
] as const;

/** Routes for the calls in a workspace's audit log. */
export const toolCalls = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const { db, workspace } = c.var;
    const matching = await toCallFilters(db, workspace.id, filters);
    return c.json(await readCalls(c, openNames(c), matching, { cursor, limit }), 200);
  })
  .openapi(download, async (c) => {
    const { format, ...filters } = c.req.valid("query");
    await recordExport(c, "tool-calls", format, filters);
    const { db, workspace } = c.var;
    const names = openNames(c);
    const matching = await toCallFilters(db, workspace.id, filters);
    const pages = exportCalls(db, workspace.id, matching);
    const rows = mapPages(pages, async (page) =>
      (await nameCalls(names, page)).map((row) => ({
        ...row,
        time: toIsoTime(row.createdAt),
        memberRemoved: row.hasMemberLeft,
      })),
    );
    return toExportResponse(c, "tool-calls", format, EXPORT_COLUMNS, rows);
  });

/** Returns a page of calls with names, newest first. */
export async function readCalls(
  c: Context<ManagementEnv>,
  names: Names,
  filters: CallFilters,
  { cursor, limit }: { cursor: string | undefined; limit: number },
) {
  const { db, workspace } = c.var;
  const rows = await listCalls(db, workspace.id, filters, parseCursor(cursor), limit);
  const named = await nameCalls(names, rows);
  return toPage(named, limit, ({ seq }) => seq);
}
