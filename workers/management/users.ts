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
import { findUser, findUserByEmail, listUsers, updateUser } from "../db/users.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { toLinkOrigin } from "../http/own-origin.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { createSignInLink } from "../identity/sign-in-links.ts";
import { readEvents } from "./audit-events.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  jsonBody,
  toListSchema,
  toPageSchema,
  EVENT_PAGING_QUERY,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  TIME_RANGE_QUERY,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["operator"];
const params = z.object({ user: z.string() });

const list = createRoute({
  method: "get",
  path: "/users",
  tags,
  summary: "List users, oldest first",
  responses: { 200: jsonResponse(toListSchema(User), "The first 1,000 users"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/users/{user}",
  tags,
  summary:
    "Set a user's Cloudflare Access address, or whether the user manages the container hosts or curates the marketplace",
  request: { params, body: jsonBody(UserPatch) },
  responses: { 200: jsonResponse(User, "The updated user"), ...WRITE_ERRORS },
});

const recoveryLink = createRoute({
  method: "post",
  path: "/users/{user}/recovery-links",
  tags,
  summary: "Create a recovery link, with which a user sets up a new passkey",
  request: { params, body: jsonBody(RecoveryLinkInput) },
  responses: {
    201: jsonResponse(IssuedLink, "The link; only this response contains it"),
    ...WRITE_ERRORS,
  },
});

const setupLink = createRoute({
  method: "post",
  path: "/setup-links",
  tags,
  summary: "Create a setup link, which creates an owner who can create workspaces",
  request: { body: jsonBody(SetupLinkInput) },
  responses: {
    201: jsonResponse(IssuedLink, "The link; only this response contains it"),
    ...WRITE_ERRORS,
  },
});

const events = createRoute({
  method: "get",
  path: "/audit-events",
  tags,
  summary: "List changes of users, sessions, single-use links and container hosts, newest first",
  request: { query: z.strictObject({ ...TIME_RANGE_QUERY, ...EVENT_PAGING_QUERY }) },
  responses: { 200: jsonResponse(toPageSchema(Event), "A page of audit events"), ...READ_ERRORS },
});

/** Routes of the operator for users and single-use links. */
export const users = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => c.json({ items: await listUsers(c.var.db) }, 200))
  .openapi(update, async (c) => {
    const { db, actor } = c.var;
    const user = await findUser(db, c.req.valid("param").user);
    if (!user) return refuse(c, USER_NOT_FOUND);
    const patch = toDefined(c.req.valid("json"));
    const other = patch.email ? await findUserByEmail(db, patch.email) : undefined;
    if (other && other.id !== user.id) return refuse(c, EMAIL_TAKEN);
    const event = makeAuditEvent(actor, "user.updated", `user:${user.id}`, patch);
    if (Object.keys(patch).length > 0) await updateUser(db, user.id, patch, event);
    return c.json({ ...user, ...patch }, 200);
  })
  .openapi(recoveryLink, async (c) => {
    const { db, actor } = c.var;
    const user = await findUser(db, c.req.valid("param").user);
    if (!user) return refuse(c, USER_NOT_FOUND);
    const { url, link } = await createSignInLink(db, toLinkOrigin(c.req.header("host") ?? ""), {
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
    const { workspace: slug, expiresInHours, ...rights } = c.req.valid("json");
    const workspace = slug === undefined ? undefined : await findWorkspace(db, slug);
    if (slug !== undefined && !workspace) return refuse(c, WORKSPACE_NOT_FOUND);
    const { url, link } = await createSignInLink(db, toLinkOrigin(c.req.header("host") ?? ""), {
      kind: "setup",
      ...(workspace ? { workspaceId: workspace.id } : {}),
      expiresInHours,
      ...rights,
      actor,
      createdBy: actor,
      object: workspace ? `workspace:${workspace.slug}` : "deployment",
    });
    return c.json({ url, expiresAt: link.expiresAt }, 201);
  })
  .openapi(events, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    return c.json(await readEvents(c.var.db, DEPLOYMENT, filters, cursor, limit), 200);
  });

function toDefined({ email, managesHosts, curatesMarketplace }: z.infer<typeof UserPatch>) {
  return {
    ...(email === undefined ? {} : { email }),
    ...(managesHosts === undefined ? {} : { managesHosts }),
    ...(curatesMarketplace === undefined ? {} : { curatesMarketplace }),
  };
}

const USER_NOT_FOUND = { code: "not_found", message: "There is no such user." } as const;
const WORKSPACE_NOT_FOUND = { code: "not_found", message: "There is no such workspace." } as const;
const EMAIL_TAKEN = {
  code: "conflict",
  message: "Another user has this address. Choose a different one.",
} as const;
