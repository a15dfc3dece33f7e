import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  IssuedLink,
  RecoveryLinkInput,
  SetupLinkInput,
  User,
  UserPatch,
} from "../contract/api/people.ts";
import { Event } from "../contract/api/resources.ts";
import { DEPLOYMENT } from "../contract/records/audit.ts";
import { listEvents } from "../db/events.ts";
import { findUser, findUserByEmail, listUsers, updateUser } from "../db/users.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { toEvent } from "../identity/events.ts";
import { createLink } from "../identity/links.ts";
import { linkOrigin } from "../identity/origin.ts";
import { withoutSeq } from "./audit-events.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  json,
  jsonBody,
  listOf,
  pageOf,
  paging,
  readErrors,
  refuse,
  refuseInvalid,
  timeRange,
  toPage,
  toPosition,
  writeErrors,
} from "./responses.ts";

const tags = ["operator"];
const params = z.object({ user: z.string() });

const list = createRoute({
  method: "get",
  path: "/users",
  tags,
  summary: "The people who sign in, oldest first",
  responses: { 200: json(listOf(User), "The first 1,000 users"), ...readErrors },
});

const update = createRoute({
  method: "patch",
  path: "/users/{user}",
  tags,
  summary: "Say under which address Cloudflare Access knows a person",
  request: { params, body: jsonBody(UserPatch) },
  responses: { 200: json(User, "The person as it is now"), ...writeErrors },
});

const recoveryLink = createRoute({
  method: "post",
  path: "/users/{user}/recovery-links",
  tags,
  summary: "Make a link by which a person who is locked out gets a new passkey",
  request: { params, body: jsonBody(RecoveryLinkInput) },
  responses: { 201: json(IssuedLink, "The link, shown this once"), ...writeErrors },
});

const setupLink = createRoute({
  method: "post",
  path: "/setup-links",
  tags,
  summary: "Make a link that makes whoever uses it an owner who may create workspaces",
  request: { body: jsonBody(SetupLinkInput) },
  responses: { 201: json(IssuedLink, "The link, shown this once"), ...writeErrors },
});

const events = createRoute({
  method: "get",
  path: "/audit-events",
  tags,
  summary: "What was done to accounts, sessions and sign-in links, newest first",
  request: { query: z.strictObject({ ...timeRange, ...paging }) },
  responses: { 200: json(pageOf(Event), "A page of events"), ...readErrors },
});

export const users = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => c.json({ items: await listUsers(c.var.db) }, 200))
  .openapi(update, async (c) => {
    const { db, actor } = c.var;
    const user = await findUser(db, c.req.valid("param").user);
    if (!user) return refuse(c, NO_USER);
    const { email } = c.req.valid("json");
    const known = email === null ? undefined : await findUserByEmail(db, email);
    if (known && known.id !== user.id) return refuse(c, TAKEN);
    const event = toEvent(actor, "user.updated", `user:${user.id}`, { email });
    await updateUser(db, user.id, { email }, event);
    return c.json({ ...user, email }, 200);
  })
  .openapi(recoveryLink, async (c) => {
    const { db, actor } = c.var;
    const user = await findUser(db, c.req.valid("param").user);
    if (!user) return refuse(c, NO_USER);
    const { url, link } = await createLink(db, linkOrigin(c.req.header("host") ?? ""), {
      kind: "recovery",
      userId: user.id,
      expiresInHours: c.req.valid("json").expiresInHours,
      actor,
      createdBy: actor,
      object: `user:${user.id}`,
    });
    return c.json({ url, expiresAt: link.expiresAt }, 201);
  })
  .openapi(setupLink, async (c) => {
    const { db, actor } = c.var;
    const { workspace: slug, expiresInHours } = c.req.valid("json");
    const workspace = slug === undefined ? undefined : await findWorkspace(db, slug);
    if (slug !== undefined && !workspace) return refuse(c, NO_WORKSPACE);
    const { url, link } = await createLink(db, linkOrigin(c.req.header("host") ?? ""), {
      kind: "setup",
      ...(workspace ? { workspaceId: workspace.id } : {}),
      expiresInHours,
      actor,
      createdBy: actor,
      object: workspace ? `workspace:${workspace.slug}` : "deployment",
    });
    return c.json({ url, expiresAt: link.expiresAt }, 201);
  })
  .openapi(events, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const found = await listEvents(c.var.db, DEPLOYMENT, filters, toPosition(cursor), limit);
    const { items, nextCursor } = toPage(found, limit, ({ seq }) => seq);
    return c.json({ items: items.map(withoutSeq), nextCursor }, 200);
  });

const NO_USER = { code: "not_found", message: "There is no such user." } as const;
const NO_WORKSPACE = { code: "not_found", message: "There is no such workspace." } as const;
const TAKEN = {
  code: "conflict",
  message: "Another user has this address.",
} as const;
