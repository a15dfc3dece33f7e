import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  FollowedRegistry,
  FollowedServer,
  FollowInput,
  FollowPatch,
  FollowPlan,
  PlanApproval,
} from "../contract/api/followed-registries.ts";
import { newId } from "../crypto/ids.ts";
import {
  deleteFollow,
  findFollow,
  insertFollow,
  listFollows,
  updateFollow,
  type FollowRow,
} from "../db/followed-registries.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { readPlanSources, toPlan } from "../marketplace/follow/read-plan.ts";
import { beginReading } from "../marketplace/follow/run.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import { approve, decideApproval } from "./follow-approvals.ts";
import { NEW_FOLLOW, toSettings, UNREAD } from "./follow-settings.ts";
import { toFollowedServers, toFollowPlan, toFollowView } from "./follow-views.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["followed registries"];
/** Follows of one workspace: each is read hourly. */
const MAX_FOLLOWS = 10;

const params = z.object({ workspace: z.string() });
const followParams = z.object({ workspace: z.string(), follow: z.string() });
const BASE = "/{workspace}/followed-registries";

const list = createRoute({
  method: "get",
  path: BASE,
  tags,
  summary: "List the registries that the workspace follows, the oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(FollowedRegistry), "The follows"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: BASE,
  tags,
  summary: "Follow a registry and read it; nothing is added before a plan is approved",
  request: { params, body: jsonBody(FollowInput) },
  responses: { 201: jsonResponse(FollowedRegistry, "The follow, being read"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: `${BASE}/{follow}`,
  tags,
  summary: "Get a follow with its plan",
  request: { params: followParams },
  responses: { 200: jsonResponse(FollowPlan, "The follow and its plan"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: `${BASE}/{follow}`,
  tags,
  summary: "Change a follow; another address or pattern needs the approval of a plan again",
  request: { params: followParams, body: jsonBody(FollowPatch) },
  responses: { 200: jsonResponse(FollowedRegistry, "The follow"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: `${BASE}/{follow}`,
  tags,
  summary: "Stop following a registry; the servers that it keeps stay",
  request: { params: followParams },
  responses: { 204: { description: "The registry is not followed any more" }, ...WRITE_ERRORS },
});

const read = createRoute({
  method: "post",
  path: `${BASE}/{follow}/runs`,
  tags,
  summary: "Read the registry now",
  request: { params: followParams },
  responses: { 202: jsonResponse(FollowedRegistry, "The follow, being read"), ...WRITE_ERRORS },
});

const approvePlan = createRoute({
  method: "post",
  path: `${BASE}/{follow}/approvals`,
  tags,
  summary: "Approve proposals of a plan; they are applied in the background",
  request: { params: followParams, body: jsonBody(PlanApproval) },
  responses: { 202: jsonResponse(FollowPlan, "The follow, being applied"), ...WRITE_ERRORS },
});

const servers = createRoute({
  method: "get",
  path: "/{workspace}/followed-servers",
  tags,
  summary: "List the servers that follows keep, by slug",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(FollowedServer), "The servers"), ...READ_ERRORS },
});

/** Routes for the registries that a workspace follows. */
export const followedRegistries = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const follows = await listFollows(db, workspace.id);
    const sources = await readPlanSources(db, workspace.id);
    const names = openNames(c);
    await names.load(follows.map(({ approvedBy }) => approvedBy));
    const items = follows.map((follow) => toFollowView(follow, toPlan(follow, sources), names));
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace } = c.var;
    const input = c.req.valid("json");
    const made = {
      ...NEW_FOLLOW,
      id: newId("flw"),
      workspaceId: workspace.id,
      createdAt: Date.now(),
    };
    const follows = await listFollows(db, workspace.id);
    if (follows.length >= MAX_FOLLOWS) return refuse(c, TOO_MANY);
    const set = await toSettings(c, made, input, follows);
    if (!set.ok) return refuse(c, { code: set.code, message: set.problem });
    const follow = { ...made, ...set.settings };
    await insertFollow(db, follow, toEvent(c, follow, "created", set.detail));
    const begun = (await beginReading(c.env, db, follow)) ?? follow;
    return c.json(await viewOf(c, begun), 201);
  })
  .openapi(get, async (c) => {
    const follow = await findOwn(c, c.req.valid("param").follow);
    return follow ? c.json(await planOf(c, follow), 200) : respondNotFound(c, "follow");
  })
  .openapi(update, async (c) => {
    const { db, workspace } = c.var;
    const follow = await findOwn(c, c.req.valid("param").follow);
    if (!follow) return respondNotFound(c, "follow");
    const follows = await listFollows(db, workspace.id);
    const set = await toSettings(c, follow, c.req.valid("json"), follows);
    if (!set.ok) return refuse(c, { code: set.code, message: set.problem });
    const { settings, detail } = set;
    const isOther = settings.url !== follow.url || settings.pattern !== follow.pattern;
    // The end of a run of the follow as it was must not count for what it is now.
    const again = { ...UNREAD, step: follow.step + 1 };
    const event = toEvent(c, { ...follow, ...settings }, "updated", detail);
    await updateFollow(db, follow, { ...settings, ...(isOther ? again : {}) }, event, isOther);
    const changed = await findOwn(c, follow.id);
    if (!changed) return respondNotFound(c, "follow");
    const begun = changed.phase === "idle" ? await beginReading(c.env, db, changed) : undefined;
    return c.json(await viewOf(c, begun ?? changed), 200);
  })
  .openapi(remove, async (c) => {
    const follow = await findOwn(c, c.req.valid("param").follow);
    if (!follow) return respondNotFound(c, "follow");
    await deleteFollow(c.var.db, follow.id, toEvent(c, follow, "removed", {}));
    return c.body(null, 204);
  })
  .openapi(read, async (c) => {
    const follow = await findOwn(c, c.req.valid("param").follow);
    if (!follow) return respondNotFound(c, "follow");
    const begun = follow.phase === "idle" ? await beginReading(c.env, c.var.db, follow) : undefined;
    return c.json(await viewOf(c, begun ?? follow), 202);
  })
  .openapi(approvePlan, async (c) => {
    const follow = await findOwn(c, c.req.valid("param").follow);
    if (!follow) return respondNotFound(c, "follow");
    const approval = c.req.valid("json");
    const sources = await readPlanSources(c.var.db, follow.workspaceId);
    const decided = decideApproval(follow, toPlan(follow, sources), approval);
    if (!decided.ok) return refuse(c, decided.refusal);
    const approved = await approve(c, follow, decided.decisions, approval.automatic);
    return approved ? c.json(await planOf(c, approved), 202) : refuse(c, CHANGED);
  })
  .openapi(servers, async (c) => {
    const { db, workspace } = c.var;
    const follows = await listFollows(db, workspace.id);
    const items = toFollowedServers(follows, await readPlanSources(db, workspace.id));
    return c.json({ items }, 200);
  });

const CHANGED = {
  code: "conflict",
  message: "The follow was changed meanwhile. Read its plan again.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: `A workspace follows ${MAX_FOLLOWS} registries at most. Remove a follow first.`,
} as const;

function toEvent(
  c: Context<ManagementEnv>,
  { id, url, pattern }: FollowRow,
  verb: "created" | "updated" | "removed",
  detail: Record<string, unknown>,
) {
  const action = `followed_registry.${verb}` as const;
  const shown = { name: url, pattern, ...detail };
  return makeAuditEvent(c.var.actor, action, `follow:${id}`, shown, c.var.workspace.id);
}

function findOwn(c: Context<ManagementEnv>, id: string) {
  return findFollow(c.var.db, c.var.workspace.id, id);
}

async function viewOf(c: Context<ManagementEnv>, follow: FollowRow) {
  return (await planOf(c, follow)).follow;
}

async function planOf(c: Context<ManagementEnv>, follow: FollowRow) {
  const sources = await readPlanSources(c.var.db, c.var.workspace.id);
  const names = openNames(c);
  await names.load([follow.approvedBy]);
  return toFollowPlan(follow, toPlan(follow, sources), names);
}
