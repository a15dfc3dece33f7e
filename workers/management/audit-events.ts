import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { AuditPerson } from "../contract/api/audit-views.ts";
import { Event } from "../contract/api/resources.ts";
import { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "../db/database.ts";
import {
  exportEvents,
  findEventNumber,
  listEvents,
  type EventFilters,
  type NumberedEvent,
} from "../db/events.ts";
import { listPeople } from "../db/former-members.ts";
import { Names } from "../db/names.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import {
  EXPORT_RESPONSE,
  ExportFormat,
  mapPages,
  recordExport,
  toExportResponse,
  toIsoTime,
} from "./export.ts";
import { nameEvents } from "./named-rows.ts";
import {
  jsonResponse,
  toListSchema,
  toPageSchema,
  EVENT_PAGING_QUERY,
  READ_ERRORS,
  TIME_RANGE_QUERY,
  toPage,
} from "./responses.ts";
import { ROLES } from "./roles.ts";

const tags = ["audit"];
const params = z.object({ workspace: z.string() });

/** Query parameters that filter events. An event matches if it matches all of them. */
const EventQuery = z.strictObject({
  ...TIME_RANGE_QUERY,
  action: z
    .string()
    .optional()
    .describe("An action, such as member.updated, or the beginning of actions and *: person.*"),
  person: z
    .string()
    .optional()
    .describe(
      "The id of a member or user, also of a removed one: changes by this person, and those of the person or its tokens",
    ),
  object: z.string().optional().describe("What was changed, such as server:github"),
});
const newestEvent = z
  .string()
  .optional()
  .describe("The id of the newest event: leaves out later ones");

const list = createRoute({
  method: "get",
  path: "/{workspace}/audit-events",
  tags,
  summary:
    "List changes of the workspace, newest first; for owners and auditors also its people's sign-ins",
  request: { params, query: EventQuery.extend(EVENT_PAGING_QUERY) },
  responses: { 200: jsonResponse(toPageSchema(Event), "A page of audit events"), ...READ_ERRORS },
});

const download = createRoute({
  method: "get",
  path: "/{workspace}/audit-events/export",
  tags,
  summary: "Export what the list of changes has as a file, newest first; is an audit event itself",
  request: { params, query: EventQuery.extend({ upTo: newestEvent, format: ExportFormat }) },
  responses: { 200: EXPORT_RESPONSE, ...READ_ERRORS },
});

const people = createRoute({
  method: "get",
  path: "/{workspace}/audit-events/people",
  tags,
  summary: "List the people whose changes the log can have, removed members last",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(AuditPerson), "The people"), ...READ_ERRORS },
});

/** Columns of earlier releases keep their places. */
const EXPORT_COLUMNS = [
  ...AuditEvent.keyof().options,
  "time",
  "actorName",
  "objectName",
  "summary",
  "actorRemoved",
] as const;

/** Routes for a workspace's audit events. */
export const auditEvents = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit, ...rest } = c.req.valid("query");
    const filters = await toEventFilters(c, rest);
    return c.json(await readEvents(c.var.db, c.var.workspace.id, filters, cursor, limit), 200);
  })
  .openapi(people, async (c) => {
    return c.json({ items: await listPeople(c.var.db, c.var.workspace.id) }, 200);
  })
  .openapi(download, async (c) => {
    const { format, upTo: newest, ...rest } = c.req.valid("query");
    await recordExport(c, "audit-events", format, rest);
    const { db, workspace } = c.var;
    const upTo = newest === undefined ? undefined : await findEventNumber(db, workspace.id, newest);
    const filters = { ...(await toEventFilters(c, rest)), upTo };
    const names = openNames(c);
    const rows = mapPages(exportEvents(db, workspace.id, filters), async (page) =>
      (await nameEvents(names, page)).map((row) => ({
        ...row,
        time: toIsoTime(row.occurredAt),
        actorRemoved: row.hasActorLeft,
      })),
    );
    return toExportResponse(c, "audit-events", format, EXPORT_COLUMNS, rows);
  });

async function toEventFilters(
  c: Context<ManagementEnv>,
  { person, ...rest }: z.infer<typeof EventQuery>,
): Promise<EventFilters> {
  const { db, workspace, role } = c.var;
  const filters = {
    ...rest,
    withoutPeople: role !== null && !ROLES["sign-ins.read"].includes(role),
  };
  if (person === undefined) return filters;
  const found = (await listPeople(db, workspace.id)).filter(
    ({ id, userId }) => id === person || userId === person,
  );
  // A person can have been a member twice.
  const ids = found.flatMap(({ id, userId }) => [id, ...(userId === null ? [] : [userId])]);
  return { ...filters, person: [...new Set([person, ...ids])] };
}

/** Returns a page of a log's audit events. `cursor`: the id of the last event of the page before. */
export async function readEvents(
  db: Db,
  workspaceId: string,
  filters: EventFilters,
  cursor: string | undefined,
  limit: number,
) {
  const before = cursor === undefined ? null : await findEventNumber(db, workspaceId, cursor);
  // Retention has deleted the event, and with it all earlier ones.
  if (before === undefined) return { items: [], nextCursor: null };
  const events = await listEvents(db, workspaceId, filters, before, limit);
  const { items, nextCursor } = toPage(events, limit, ({ id }) => id);
  const named = await nameEvents(new Names(db, workspaceId), items.map(toAuditEvent));
  return { items: named, nextCursor };
}

/** Removes the event's number, which counts the events of the whole deployment. */
function toAuditEvent(numbered: NumberedEvent): AuditEvent {
  const { seq: _, ...event } = numbered;
  return event;
}
