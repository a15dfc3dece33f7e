import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { AccessPreview, AccessProposal } from "../contract/api/access-preview.ts";
import { Member, NamedTool, Rules } from "../contract/api/resources.ts";
import { Team } from "../contract/api/teams.ts";
import type { AccessChange, ToolName } from "../contract/rpc/access-preview.ts";
import { RulesCopy, RulesEdit } from "../contract/rpc/rule-inputs.ts";
import { DAY_MS } from "../contract/units.ts";
import { listToolUse, type ToolUse } from "../db/usage.ts";
import { listTokens } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  BODY_ERRORS,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { toRules } from "./views.ts";

/** Limits the size of a preview; the schema names the same number. */
const MAX_LOST_TOOLS = 100;

const tags = ["access"];
const params = z.object({ workspace: z.string() });

const preview = createRoute({
  method: "post",
  path: "/{workspace}/access-preview",
  tags,
  summary: "Preview a change of access: tools that each member would lose and gain",
  request: { params, body: jsonBody(AccessProposal) },
  responses: {
    200: jsonResponse(AccessPreview, "The effect by member, with calls of the last 30 days"),
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

const edit = createRoute({
  method: "patch",
  path: "/{workspace}/rules",
  tags,
  summary:
    "Add and remove rules of many members and teams, all or nothing; with their versions, only if the rules have not changed since",
  request: { params, body: jsonBody(RulesEdit) },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(Member), teams: z.array(Team) }),
      "The updated members and teams",
    ),
    ...WRITE_ERRORS,
  },
});

const tools = createRoute({
  method: "get",
  path: "/{workspace}/tools",
  tags,
  summary: "List the names of the last known tools of all servers, disabled ones included",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(NamedTool), "The tools, by position of their server"),
    ...READ_ERRORS,
  },
});

const copy = createRoute({
  method: "post",
  path: "/{workspace}/members/{member}/rules/copy",
  tags,
  summary:
    "Replace a member's rules by those of another member or of a team; with versions, only if the rules have not changed since",
  request: {
    params: z.object({ workspace: z.string(), member: z.string() }),
    body: jsonBody(RulesCopy),
  },
  responses: { 200: jsonResponse(Rules, "The updated rules"), ...WRITE_ERRORS },
});

/** Routes for access: previews, and changes of many members' rules. */
export const access = new OpenAPIHono<ManagementEnv>()
  .openapi(preview, async (c) => {
    const { db, workspace } = c.var;
    const now = Date.now();
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const [changes, uses, tokens] = await Promise.all([
      object.previewAccess(workspace.id, c.req.valid("json")),
      listToolUse(db, workspace.id, now - 30 * DAY_MS),
      listTokens(db, workspace.id),
    ]);
    const workspaceTokens = tokens
      .filter(({ memberId }) => memberId === null)
      .filter(({ revokedAt, expiresAt }) => !revokedAt && (expiresAt === null || expiresAt > now))
      .filter(({ suspendedAt, tools: narrowedTo }) => suspendedAt === null && narrowedTo === null)
      .map(({ id, label }) => ({ id, label }));
    return c.json({ members: toAffectedMembers(changes, uses), workspaceTokens }, 200);
  })
  .openapi(tools, async (c) => {
    const { id, slug } = c.var.workspace;
    return c.json({ items: await workspacesOf(c.env).getByName(slug).listToolNames(id) }, 200);
  })
  .openapi(edit, async (c) => {
    const command = { type: "rules.edit", edit: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const { members: items, teams } = outcome.result;
    return c.json({ items, teams }, 200);
  })
  .openapi(copy, async (c) => {
    const id = c.req.valid("param").member;
    const command = { type: "rules.copy", id, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(toRules(outcome.result.holder), 200) : refuse(c, outcome.refusal);
  });

/** Adds the recent calls to the effect of a change on members, those with the most calls that will fail first. */
function toAffectedMembers(changes: AccessChange[], uses: ToolUse[]): AccessPreview["members"] {
  const useByKey = new Map(uses.map((use) => [toUseKey(use.memberId, use), use]));
  const members = changes.map(({ lost, ...counts }) => {
    const used = lost.map((tool) => {
      const use = useByKey.get(toUseKey(counts.memberId, tool));
      return {
        ...tool,
        calls: use?.calls ?? 0,
        refused: use?.refused ?? 0,
        lastCalledAt: use?.lastCalledAt ?? null,
      };
    });
    return {
      ...counts,
      lostCount: lost.length,
      calls: sum(used.map(({ calls }) => calls)),
      refused: sum(used.map(({ refused }) => refused)),
      lost: used
        .toSorted((a, b) => b.calls - a.calls || b.refused - a.refused)
        .slice(0, MAX_LOST_TOOLS),
    };
  });
  return members.toSorted((a, b) => b.calls - a.calls || b.lostCount - a.lostCount);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function toUseKey(memberId: string, { serverSlug, toolName }: ToolName): string {
  return `${memberId} ${serverSlug} ${toolName}`;
}
