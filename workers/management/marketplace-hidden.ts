import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { HiddenServer, HidingInput } from "../contract/api/marketplace-curation.ts";
import { findHidden, listHidden } from "../db/marketplace-hidden.ts";
import { findListedName } from "../db/marketplace.ts";
import { readUserName } from "../db/users.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { hide, unhide, withAlike } from "../marketplace/hiding.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuseInvalid,
  toPageSchema,
  WRITE_ERRORS,
  respondNoMarketplaceServer,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string(), name: z.string() });

const list = createRoute({
  method: "get",
  path: "/marketplace/hidden-servers",
  tags,
  summary: "List the servers that the operator hides, the last hidden first",
  request: { query: z.object(PAGING_QUERY) },
  responses: { 200: jsonResponse(toPageSchema(HiddenServer), "A page of servers"), ...READ_ERRORS },
});

const put = createRoute({
  method: "put",
  path: "/marketplace/hidden-servers/{namespace}/{name}",
  tags,
  summary: "Hide a server of the marketplace, or change the reason",
  request: { params, body: jsonBody(HidingInput) },
  responses: { 200: jsonResponse(HiddenServer, "The hidden server"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/marketplace/hidden-servers/{namespace}/{name}",
  tags,
  summary: "Show a hidden server again, as its sources describe it now",
  request: { params },
  responses: { 204: { description: "It is not hidden" }, ...WRITE_ERRORS },
});

/** Routes for servers that the operator hides. */
export const marketplaceHidden = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const offset = parseCursor(cursor) ?? 0;
    const rows = await listHidden(c.var.db, { limit: limit + 1, offset });
    const nextCursor = rows.length > limit ? String(offset + limit) : null;
    const items = await withAlike(c.var.db, rows.slice(0, limit));
    return c.json({ items, nextCursor }, 200);
  })
  .openapi(put, async (c) => {
    const { db, actor } = c.var;
    const { namespace, name: own } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const asked = `${namespace}/${own}`;
    const known = await findHidden(db, asked);
    const name = known ? asked : await findListedName(db, asked);
    if (name === null) return respondNoMarketplaceServer(c);
    const event = makeAuditEvent(actor, "marketplace_server.hidden", `marketplace-server:${name}`);
    const hidden = { name, hiddenAt: event.occurredAt, hiddenBy: actor, ...known, reason };
    await hide(db, hidden, event);
    const view = { ...hidden, hiddenBy: await readUserName(db, hidden.hiddenBy) };
    const [{ alike } = { alike: [] }] = await withAlike(db, [view]);
    return c.json({ ...view, alike }, 200);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const { namespace, name: own } = c.req.valid("param");
    const name = `${namespace}/${own}`;
    const hidden = await findHidden(db, name);
    if (!hidden) return c.json(errorBody("not_found", "This server is not hidden."), 404);
    const object = `marketplace-server:${name}`;
    const event = makeAuditEvent(actor, "marketplace_server.unhidden", object);
    await unhide(db, hidden, event);
    return c.body(null, 204);
  });
