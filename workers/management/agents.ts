import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  Agent,
  AgentInput,
  AgentPatch,
  TrustRuleInput,
  TrustRulePatch,
} from "../contract/api/agents.ts";
import { toAgentState } from "../contract/records/agents.ts";
import { listTrustRuleUse } from "../db/agents.ts";
import type { Db } from "../db/database.ts";
import { listMembers } from "../db/members.ts";
import { toOrigin, toResource } from "../http/oauth-addresses.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["agents"];
const params = z.object({ workspace: z.string() });
const agentParams = params.extend({ agent: z.string() });
const ruleParams = agentParams.extend({ rule: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/agents",
  tags,
  summary: "List agents with their trust rules, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Agent), "The agents"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/agents",
  tags,
  summary: "Add an agent: a member that is a program, for which another member answers",
  request: { params, body: jsonBody(AgentInput) },
  responses: { 201: jsonResponse(Agent, "The new agent"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/agents/{agent}",
  tags,
  summary: "Get an agent",
  request: { params: agentParams },
  responses: { 200: jsonResponse(Agent, "The agent"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/agents/{agent}",
  tags,
  summary: "Change an agent's name, owner or end",
  request: { params: agentParams, body: jsonBody(AgentPatch) },
  responses: { 200: jsonResponse(Agent, "The updated agent"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/agents/{agent}",
  tags,
  summary: "Remove an agent and revoke its tokens",
  request: { params: agentParams },
  responses: { 204: { description: "The agent is removed" }, ...WRITE_ERRORS },
});

const createRule = createRoute({
  method: "post",
  path: "/{workspace}/agents/{agent}/trust-rules",
  tags,
  summary: "Add a trust rule: workloads with such tokens get access tokens of the agent",
  request: { params: agentParams, body: jsonBody(TrustRuleInput) },
  responses: { 201: jsonResponse(Agent, "The agent with the new rule"), ...WRITE_ERRORS },
});

const updateRule = createRoute({
  method: "patch",
  path: "/{workspace}/agents/{agent}/trust-rules/{rule}",
  tags,
  summary: "Change a trust rule; all but a new name ends the access tokens that it issued",
  request: { params: ruleParams, body: jsonBody(TrustRulePatch) },
  responses: { 200: jsonResponse(Agent, "The agent with the updated rule"), ...WRITE_ERRORS },
});

const removeRule = createRoute({
  method: "delete",
  path: "/{workspace}/agents/{agent}/trust-rules/{rule}",
  tags,
  summary: "Remove a trust rule with the access tokens that it issued",
  request: { params: ruleParams },
  responses: { 204: { description: "The trust rule is removed" }, ...WRITE_ERRORS },
});

type C = Context<ManagementEnv>;

/** Routes for agents and their trust rules. Suspension, rules and audit log are those of every member. */
export const agents = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => c.json({ items: await readAgents(c) }, 200))
  .openapi(create, async (c) => {
    const command = { type: "agent.create", input: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const agent = await findAgent(c, outcome.result.member.id);
    return agent ? c.json(agent, 201) : respondNotFound(c, "agent");
  })
  .openapi(get, async (c) => {
    const agent = await findAgent(c, c.req.valid("param").agent);
    return agent ? c.json(agent, 200) : respondNotFound(c, "agent");
  })
  .openapi(update, async (c) => {
    const { agent: memberId } = c.req.valid("param");
    const command = { type: "agent.update", memberId, patch: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const agent = await findAgent(c, memberId);
    return agent ? c.json(agent, 200) : respondNotFound(c, "agent");
  })
  .openapi(remove, async (c) => {
    const command = { type: "agent.delete", memberId: c.req.valid("param").agent } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(createRule, async (c) => {
    const { slug } = c.var.workspace;
    const { agent: memberId } = c.req.valid("param");
    const body = c.req.valid("json");
    const input = { ...body, audience: body.audience ?? toResource(toOrigin(c.req.raw), slug) };
    const outcome = await change(c, slug, { type: "trust-rule.create", memberId, input });
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const agent = await findAgent(c, memberId);
    return agent ? c.json(agent, 201) : respondNotFound(c, "agent");
  })
  .openapi(updateRule, async (c) => {
    const { agent: memberId, rule: ruleId } = c.req.valid("param");
    const patch = c.req.valid("json");
    const command = { type: "trust-rule.update", memberId, ruleId, patch } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const agent = await findAgent(c, memberId);
    return agent ? c.json(agent, 200) : respondNotFound(c, "agent");
  })
  .openapi(removeRule, async (c) => {
    const { agent: memberId, rule: ruleId } = c.req.valid("param");
    const command = { type: "trust-rule.delete", memberId, ruleId } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

async function findAgent(c: C, id: string): Promise<Agent | undefined> {
  return (await readAgents(c)).find((agent) => agent.id === id);
}

function readAgents(c: C): Promise<Agent[]> {
  return listWithOwners(c.var.db, c.var.workspace.id, Date.now());
}

async function listWithOwners(db: Db, workspaceId: string, now: number): Promise<Agent[]> {
  const [members, use] = await Promise.all([
    listMembers(db, workspaceId),
    listTrustRuleUse(db, workspaceId),
  ]);
  const byId = new Map(members.map((member) => [member.id, member]));
  return members.flatMap(({ agent, email: _email, role: _role, userId: _user, ...member }) => {
    if (!agent) return [];
    const owner = byId.get(agent.ownerId);
    const trustRules = agent.trustRules.map((rule) => ({
      ...rule,
      lastUsedAt: use.get(rule.id) ?? null,
    }));
    const state = toAgentState(agent, member.suspendedAt, owner, now);
    return [{ ...member, ...agent, trustRules, ownerName: owner?.name ?? null, state }];
  });
}
