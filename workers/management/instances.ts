import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import type { InstanceUsage } from "../contract/hosting/host-protocol.ts";
import {
  HostedInstance,
  HostedInstances,
  HostingPlan,
  InstanceInput,
  instanceLimit,
  RestartInput,
  UsageDay,
  type InstanceRecord,
} from "../contract/hosting/instances.ts";
import {
  findInstance,
  findPlan,
  listInstances,
  listUsageDays,
  noUsage,
  savePlan,
  sumUsage,
} from "../db/instances.ts";
import { toEvent } from "../identity/events.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  json,
  jsonBody,
  listOf,
  notFound,
  readErrors,
  refuse,
  writeErrors,
} from "./responses.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const tags = ["hosted servers"];
const params = z.object({ workspace: z.string() });
const instanceParams = z.object({ workspace: z.string(), instance: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/instances",
  tags,
  summary: "Hosted servers, oldest first, and how many there may be",
  request: { params },
  responses: { 200: json(HostedInstances, "The workspace's instances"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/instances",
  tags,
  summary: "Deploy a server of the catalogue; the answer comes before it runs",
  request: { params, body: jsonBody(InstanceInput) },
  responses: { 201: json(HostedInstance, "The new instance, pending"), ...writeErrors },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/instances/{instance}",
  tags,
  summary: "A hosted server",
  request: { params: instanceParams },
  responses: { 200: json(HostedInstance, "The instance"), ...readErrors },
});

const restart = createRoute({
  method: "post",
  path: "/{workspace}/instances/{instance}/restart",
  tags,
  summary: "Start a hosted server anew, with other credentials or another profile where given",
  request: { params: instanceParams, body: jsonBody(RestartInput) },
  responses: { 202: json(HostedInstance, "The instance, pending"), ...writeErrors },
});

const terminate = createRoute({
  method: "delete",
  path: "/{workspace}/instances/{instance}",
  tags,
  summary: "End a hosted server; its server, credentials and data go with it",
  request: { params: instanceParams },
  responses: { 204: { description: "Nothing of it is left" }, ...writeErrors },
});

const usage = createRoute({
  method: "get",
  path: "/{workspace}/instance-usage",
  tags,
  summary: "Running time and bytes of hosted servers by day, those that are gone included",
  request: {
    params,
    query: z.object({ days: z.coerce.number().int().min(1).max(400).default(31) }),
  },
  responses: { 200: json(listOf(UsageDay), "Days in order"), ...readErrors },
});

const plan = createRoute({
  method: "put",
  path: "/{workspace}/plan",
  tags,
  summary: "Set how many hosted servers a workspace may have",
  request: { params, body: jsonBody(HostingPlan) },
  responses: { 200: json(HostingPlan, "The plan"), ...writeErrors },
});

export const instances = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const records = await listInstances(db, workspace.id);
    const used = await sumUsage(db, workspace.id);
    const current = await findPlan(db, workspace.id);
    const items = records.map((record) => toInstance(record, used.get(record.id)));
    return c.json({ items, plan: current, limit: instanceLimit(current) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace } = c.var;
    const limit = instanceLimit(await findPlan(db, workspace.id));
    const command = { type: "instance.create", input: c.req.valid("json"), limit } as const;
    const outcome = await change(c, workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(toInstance(outcome.result.instance), 201);
  })
  .openapi(get, async (c) => {
    const { db, workspace } = c.var;
    const found = await findInstance(db, workspace.id, c.req.valid("param").instance);
    if (!found) return notFound(c, "hosted server");
    return c.json(toInstance(found, (await sumUsage(db, workspace.id)).get(found.id)), 200);
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
    const stub = c.env.WORKSPACES.getByName(workspace.slug);
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
    const wanted = c.req.valid("json");
    const { id, slug } = workspace;
    const event = toEvent(actor, "workspace.plan_set", `workspace:${slug}`, wanted, id);
    await savePlan(db, id, wanted, event);
    return c.json(wanted, 200);
  });

function toInstance(record: InstanceRecord, used: InstanceUsage = noUsage()): HostedInstance {
  const variables = record.variables.map(({ key, setAt }) => ({ key, setAt }));
  return { ...record, variables, usage: used };
}
