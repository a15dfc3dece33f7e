import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  Collection,
  CollectionInput,
  CollectionSlug,
  CollectionSummary,
} from "../contract/api/marketplace-curation.ts";
import type { Db } from "../db/database.ts";
import {
  deleteCollection,
  findCollection,
  listCollections,
  readServersByName,
  saveCollection,
} from "../db/marketplace-collections.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
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

const tags = ["marketplace"];
const readParams = z.object({ collection: z.string() });
const params = z.object({ collection: CollectionSlug });

const list = createRoute({
  method: "get",
  path: "/marketplace/collections",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "List the operator's collections and starter packs, by title",
  responses: {
    200: jsonResponse(toListSchema(CollectionSummary), "Those with a server, at most 100"),
    ...READ_ERRORS,
  },
});

const get = createRoute({
  method: "get",
  path: "/marketplace/collections/{collection}",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary: "Get a collection with its servers; of a starter pack, with their descriptions",
  request: { params: readParams },
  responses: { 200: jsonResponse(Collection, "The collection"), ...READ_ERRORS },
});

const put = createRoute({
  method: "put",
  path: "/marketplace/collections/{collection}",
  tags,
  summary: "Create a collection or starter pack, or replace it",
  request: { params, body: jsonBody(CollectionInput) },
  responses: { 200: jsonResponse(Collection, "The collection"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/marketplace/collections/{collection}",
  tags,
  summary: "Delete a collection",
  request: { params: readParams },
  responses: { 204: { description: "It is deleted" }, ...WRITE_ERRORS },
});

/** Routes for the marketplace's collections and starter packs. */
export const marketplaceCollections = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => c.json({ items: await listCollections(c.var.db) }, 200))
  .openapi(get, async (c) => {
    const found = await readCollection(c.var.db, c.req.valid("param").collection);
    return found ? c.json(found, 200) : respondNotFound(c);
  })
  .openapi(put, async (c) => {
    const { db, actor } = c.var;
    const { collection: slug } = c.req.valid("param");
    const { servers, ...input } = c.req.valid("json");
    const names = servers.map(({ name }) => name);
    const known = await readServersByName(db, names);
    const missing = names.filter((name) => !known.has(name));
    if (missing.length > 0)
      return refuse(c, {
        code: "invalid",
        message: `servers: the marketplace does not have ${missing.join(", ")}. Leave out what was deleted or hidden.`,
      });
    const isNew = (await findCollection(db, slug)) === null;
    const event = makeAuditEvent(
      actor,
      isNew ? "marketplace_collection.created" : "marketplace_collection.updated",
      `marketplace-collection:${slug}`,
      { isPack: input.isPack, servers: names },
    );
    await saveCollection(db, { slug, ...input, updatedAt: event.occurredAt }, servers, event);
    const saved = await readCollection(db, slug);
    return saved ? c.json(saved, 200) : respondNotFound(c);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const { collection: slug } = c.req.valid("param");
    if (!(await findCollection(db, slug))) return respondNotFound(c);
    const object = `marketplace-collection:${slug}`;
    await deleteCollection(
      db,
      slug,
      makeAuditEvent(actor, "marketplace_collection.deleted", object),
    );
    return c.body(null, 204);
  });

/** Null: there is none, or the marketplace has none of its servers any more. */
async function readCollection(db: Db, slug: string): Promise<Collection | null> {
  const found = await findCollection(db, slug);
  if (!found) return null;
  const { collection } = found;
  const known = await readServersByName(
    db,
    found.servers.map(({ name }) => name),
  );
  const servers = found.servers.flatMap(({ name, note }) => {
    const entry = known.get(name);
    if (!entry) return [];
    return [{ note, server: entry.server, document: collection.isPack ? entry.document : null }];
  });
  return { ...collection, serverCount: servers.length, servers };
}

function respondNotFound(c: Context) {
  return c.json(errorBody("not_found", "There is no such collection in the marketplace."), 404);
}
