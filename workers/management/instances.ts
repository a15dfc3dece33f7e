import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import type { InstanceUsage } from "../contract/hosting/host-protocol.ts";
import {
  HostedInstance,
  HostedInstances,
  HostingPlan,
  InstanceInput,
  toInstanceLimit,
  RestartInput,
  UsageDay,
  type InstanceRecord,
} from "../contract/hosting/instances.ts";
import { DAY_MS } from "../contract/units.ts";
import {
  findInstance,
  findPlan,
  listInstances,
  listUsageDays,
  NO_USAGE,
  savePlan,
  sumUsage,
} from "../db/instances.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  respondNotFound,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { readOrigin } from "./server-origins.ts";

const tags = ["hosted servers"];
const params = z.object({ workspace: z.string() });
const instanceParams = z.object({ workspace: z.string(), instance: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/instances",
  tags,
  summary: "List hosted servers, oldest first, and the limit of their number",
  request: { params },
  responses: { 200: jsonResponse(HostedInstances, "The workspace's instances"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/instances",
  tags,
  summary: "Deploy a server of the hosting catalogue; the response does not wait until it runs",
  request: { params, body: jsonBody(InstanceInput) },
  responses: { 201: jsonResponse(HostedInstance, "The new instance, pending"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/instances/{instance}",
  tags,
  summary: "Get a hosted server",
  request: { params: instanceParams },
  responses: { 200: jsonResponse(HostedInstance, "The instance"), ...READ_ERRORS },
});

const restart = createRoute({
  method: "post",
  path: "/{workspace}/instances/{instance}/restart",
  tags,
  summary: "Restart a hosted server, optionally with new credentials or another profile",
  request: { params: instanceParams, body: jsonBody(RestartInput) },
  responses: { 202: jsonResponse(HostedInstance, "The instance, pending"), ...WRITE_ERRORS },
});

const terminate = createRoute({
  method: "delete",
  path: "/{workspace}/instances/{instance}",
  tags,
  summary: "Terminate a hosted server; deletes its server record, credentials and data",
  request: { params: instanceParams },
  responses: { 204: { description: "The hosted server is terminated" }, ...WRITE_ERRORS },
});

const usage = createRoute({
  method: "get",
  path: "/{workspace}/instance-usage",
  tags,
  summary: "List running time and traffic by day, including terminated servers",
  request: {
    params,
    query: z.object({ days: z.coerce.number().int().min(1).max(400).default(31) }),
  },
  responses: {
    200: jsonResponse(toListSchema(UsageDay), "Usage by day and server, oldest first"),
    ...READ_ERRORS,
  },
});

const plan = createRoute({
  method: "put",
  path: "/{workspace}/hosting-plan",
  tags,
  summary: "Set a workspace's hosting plan, which limits its hosted servers",
  request: { params, body: jsonBody(HostingPlan) },
  responses: { 200: jsonResponse(HostingPlan, "The stored plan"), ...WRITE_ERRORS },
});

/** Routes for a workspace's hosted servers. */
export const instances = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const records = await listInstances(db, workspace.id);
    const usageById = await sumUsage(db, workspace.id);
    const currentPlan = await findPlan(db, workspace.id);
    const items = records.map((record) => toInstance(record, usageById.get(record.id)));
    return c.json({ items, plan: currentPlan, limit: toInstanceLimit(currentPlan) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace } = c.var;
    const limit = toInstanceLimit(await findPlan(db, workspace.id));
    const input = c.req.valid("json");
    const read = await readOrigin(c, input);
    if (!read.ok) return refuse(c, read.refusal);
    const command = { type: "instance.create", input, limit, origin: read.origin ?? null } as const;
    const outcome = await change(c, workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(toInstance(outcome.result.instance), 201);
  })
  .openapi(get, async (c) => {
    const { db, workspace } = c.var;
    const record = await findInstance(db, workspace.id, c.req.valid("param").instance);
    if (!record) return respondNotFound(c, "hosted server");
    return c.json(toInstance(record, (await sumUsage(db, workspace.id)).get(record.id)), 200);
  })
  .openapi(restart, async (c) => {
    const { instance: id } = c.req.valid("param");
    const command = { type: "instance.restart", id, input: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(toInstance(outcome.result.instance), 202);
  })
  .openapi(terminate, async (c) => {
    const { actor, workspace } = c.var;
    const { instance: id } = c.req.valid("param");
    const stub = workspacesOf(c.env).getByName(workspace.slug);
    const outcome = await stub.terminateInstance(id, actor);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(usage, async (c) => {
    const { db, workspace } = c.var;
    const today = Math.floor(Date.now() / DAY_MS);
    const days = await listUsageDays(db, workspace.id, today - c.req.valid("query").days + 1);
    return c.json({ items: days }, 200);
  })
  .openapi(plan, async (c) => {
    const { db, actor, workspace } = c.var;
    const newPlan = c.req.valid("json");
    const { id, slug } = workspace;
    const event = makeAuditEvent(actor, "workspace.plan_set", `workspace:${slug}`, newPlan, id);
    await savePlan(db, id, newPlan, event);
    return c.json(newPlan, 200);
  });

/** API view of an instance. `total`: its usage. */
export function toInstance(
  record: InstanceRecord,
  total: InstanceUsage = NO_USAGE,
): HostedInstance {
  const variables = record.variables.map(({ key, setAt }) => ({ key, setAt }));
  return { ...record, variables, usage: total };
}
