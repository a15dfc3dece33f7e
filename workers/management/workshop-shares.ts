import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  MAX_SHARE_CHARS,
  OwnShare,
  ShareInput,
  StoredShare,
} from "../contract/api/workshop-shares.ts";
import { Composition } from "../contract/composition/composition.ts";
import { findUnsharedValue } from "../contract/composition/shared-values.ts";
import { ServerDocument } from "../contract/marketplace/server-document.ts";
import { DAY_MS } from "../contract/units.ts";
import { newId } from "../crypto/ids.ts";
import type { Db } from "../db/database.ts";
import { findListedNames, findMarketplaceServer } from "../db/marketplace.ts";
import {
  deleteShare,
  findShare,
  insertShare,
  listShares,
  MAX_SHARES_OF_USER,
} from "../db/workshop-shares.ts";
import { errorBody } from "../http/error-responses.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["workshop"];
const params = z.object({ share: z.string() });

const create = createRoute({
  method: "post",
  path: "/workshop/shares",
  tags,
  summary: "Store a composition, which has no value of a secret variable, for a link",
  request: { body: jsonBody(ShareInput) },
  responses: { 200: jsonResponse(OwnShare, "The share"), ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/workshop/shares",
  tags,
  summary: "List the signed-in person's shares that have not expired",
  responses: { 200: jsonResponse(toListSchema(OwnShare), "At most 50"), ...READ_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/workshop/shares/{share}",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Get a shared composition",
  request: { params },
  responses: { 200: jsonResponse(StoredShare, "The composition"), ...READ_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/workshop/shares/{share}",
  tags,
  summary: "Delete a share of the signed-in person",
  request: { params },
  responses: { 204: { description: "The link leads nowhere" }, ...WRITE_ERRORS },
});

/** Routes for compositions that people share by a link. */
export const workshopShares = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(create, async (c) => {
    const { db, actor } = c.var;
    const { composition, days } = c.req.valid("json");
    const text = JSON.stringify(composition);
    if (text.length > MAX_SHARE_CHARS)
      return refuse(c, { code: "invalid", message: "The composition is too large for a link." });
    const refused = findUnsharedValue(composition, await readDocuments(db, composition));
    if (refused)
      return refuse(c, {
        code: "invalid",
        message: `A link does not hold this value of ${refused.server}: it is a secret, looks like one, or belongs to no variable of the entry. Leave it out: ${refused.id}`,
      });
    const now = Date.now();
    const times = { createdAt: now, expiresAt: now + days * DAY_MS };
    const row = { id: newId("shr"), userId: actor, composition: text, ...times };
    return (await insertShare(db, row))
      ? c.json(toOwnShare(row), 200)
      : refuse(c, { code: "conflict", message: FULL });
  })
  .openapi(list, async (c) => {
    const rows = await listShares(c.var.db, c.var.actor, Date.now());
    return c.json({ items: rows.map(toOwnShare) }, 200);
  })
  .openapi(get, async (c) => {
    const found = await findShare(c.var.db, c.req.valid("param").share, Date.now());
    if (!found) return c.json(errorBody("not_found", GONE), 404);
    const composition = parseStored(found.composition);
    // A release before could store what no link may hold now.
    if (!composition) return c.json(errorBody("not_found", UNFIT), 404);
    const { createdAt, expiresAt } = found;
    return c.json({ composition, createdAt, expiresAt }, 200);
  })
  .openapi(remove, async (c) => {
    if (!(await deleteShare(c.var.db, c.var.actor, c.req.valid("param").share)))
      return c.json(errorBody("not_found", "You have no such link."), 404);
    return c.body(null, 204);
  });

const FULL = `You have ${MAX_SHARES_OF_USER} links, or there are too many in all. Delete one, or use a link that holds the servers itself.`;
const GONE = "There is no such link: it has expired, or was deleted.";

const UNFIT =
  "This link holds what no link may hold, such as a key in an address. Ask who made it for a new one.";

/** Null: it holds what no link may hold. */
function parseStored(text: string): Composition | null {
  return Composition.safeParse(JSON.parse(text)).data ?? null;
}

function toOwnShare(row: {
  id: string;
  composition: string;
  createdAt: number;
  expiresAt: number;
}) {
  const { id, createdAt, expiresAt } = row;
  const servers = parseStored(row.composition)?.servers ?? [];
  const names = servers.map((server) => (server.from === "catalogue" ? server.name : server.key));
  return { id, servers: names, createdAt, expiresAt };
}

/** The descriptions of the entries with values, by the names that the composition has for them. */
async function readDocuments(
  db: Db,
  { servers }: Composition,
): Promise<Map<string, ServerDocument>> {
  const wanted = servers.flatMap((server) =>
    server.from === "catalogue" && server.values.length > 0 ? [server.name] : [],
  );
  const listed = await findListedNames(db, wanted);
  const found = await Promise.all(
    [...listed].map(async ([name, ownName]) => {
      const row = await findMarketplaceServer(db, ownName);
      return row ? [[name, ServerDocument.parse(row.server.document)] as const] : [];
    }),
  );
  return new Map(found.flat());
}
