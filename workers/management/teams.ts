import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Rules } from "../contract/api/resources.ts";
import { Team } from "../contract/api/teams.ts";
import { RulesCopy, RulesInput } from "../contract/rpc/rule-inputs.ts";
import { TeamInput, TeamMembersInput, TeamPatch } from "../contract/rpc/team-commands.ts";
import { findTeam, listTeams } from "../db/teams.ts";
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
import { toRules } from "./views.ts";

const tags = ["teams"];
const params = z.object({ workspace: z.string() });
const teamParams = params.extend({ team: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/teams",
  tags,
  summary: "List teams with their rules and members, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Team), "The teams"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/teams",
  tags,
  summary: "Add a team of people and agents, without rules",
  request: { params, body: jsonBody(TeamInput) },
  responses: { 201: jsonResponse(Team, "The new team"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/teams/{team}",
  tags,
  summary: "Get a team",
  request: { params: teamParams },
  responses: { 200: jsonResponse(Team, "The team"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/teams/{team}",
  tags,
  summary: "Rename a team",
  request: { params: teamParams, body: jsonBody(TeamPatch) },
  responses: { 200: jsonResponse(Team, "The team"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/teams/{team}",
  tags,
  summary: "Remove a team; its members keep their own rules",
  request: { params: teamParams },
  responses: { 204: { description: "The team is removed" }, ...WRITE_ERRORS },
});

const changeMembers = createRoute({
  method: "patch",
  path: "/{workspace}/teams/{team}/members",
  tags,
  summary: "Put members into a team, and take others out of it; not of a team of the directory",
  request: { params: teamParams, body: jsonBody(TeamMembersInput) },
  responses: { 200: jsonResponse(Team, "The team"), ...WRITE_ERRORS },
});

const setRules = createRoute({
  method: "put",
  path: "/{workspace}/teams/{team}/rules",
  tags,
  summary:
    "Replace a team's rules (server_slug:tool_name, server_slug:* or server_slug:*[class], with ! to deny)",
  request: { params: teamParams, body: jsonBody(RulesInput) },
  responses: { 200: jsonResponse(Rules, "The updated rules"), ...WRITE_ERRORS },
});

const copyRules = createRoute({
  method: "post",
  path: "/{workspace}/teams/{team}/rules/copy",
  tags,
  summary: "Replace a team's rules by those of a member or another team",
  request: { params: teamParams, body: jsonBody(RulesCopy) },
  responses: { 200: jsonResponse(Rules, "The updated rules"), ...WRITE_ERRORS },
});

/** Routes for a workspace's teams and their rules. */
export const teams = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    return c.json({ items: await listTeams(db, workspace.id) }, 200);
  })
  .openapi(create, async (c) => {
    const managed = { managedBy: "people", externalId: null } as const;
    const command = { type: "team.create", ...managed, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(outcome.result.team, 201) : refuse(c, outcome.refusal);
  })
  .openapi(get, async (c) => {
    const team = await findTeam(c.var.db, c.var.workspace.id, c.req.valid("param").team);
    return team ? c.json(team, 200) : respondNotFound(c, "team");
  })
  .openapi(update, async (c) => {
    const { team: id } = c.req.valid("param");
    const command = { type: "team.update", id, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(outcome.result.team, 200) : refuse(c, outcome.refusal);
  })
  .openapi(remove, async (c) => {
    const command = { type: "team.delete", id: c.req.valid("param").team, by: "people" } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(changeMembers, async (c) => {
    const { team: id } = c.req.valid("param");
    const command = { type: "team.members", id, by: "people", ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(outcome.result.team, 200) : refuse(c, outcome.refusal);
  })
  .openapi(setRules, async (c) => {
    const { team: id } = c.req.valid("param");
    const command = { type: "team.rules", id, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(toRules(outcome.result.team), 200) : refuse(c, outcome.refusal);
  })
  .openapi(copyRules, async (c) => {
    const { team: id } = c.req.valid("param");
    const command = { type: "rules.copy", id, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(toRules(outcome.result.holder), 200) : refuse(c, outcome.refusal);
  });
