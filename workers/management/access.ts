import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { AccessPreview, AccessProposal } from "../contract/api/access-preview.ts";
import { RulesCopy } from "../contract/api/people.ts";
import { Member, Rules } from "../contract/api/resources.ts";
import { RulesEdit } from "../contract/rpc/commands.ts";
import { DAY_MS } from "../contract/units.ts";
import { listToolUse, type ToolUse } from "../db/usage.ts";
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
  summary: "Add and remove rules of many members, all or nothing",
  request: { params, body: jsonBody(RulesEdit) },
  responses: { 200: jsonResponse(toListSchema(Member), "The updated members"), ...WRITE_ERRORS },
});

const copy = createRoute({
  method: "post",
  path: "/{workspace}/members/{member}/rules/copy",
  tags,
  summary: "Copy the rules of another member",
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
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const [changes, uses] = await Promise.all([
      object.previewAccess(workspace.id, c.req.valid("json")),
      listToolUse(db, workspace.id, Date.now() - 30 * DAY_MS),
    ]);
    const useByKey = new Map(uses.map((use) => [toUseKey(use), use]));
    const members = changes.map(({ lost, ...counts }) => {
      const used = lost.map((tool) => {
        const use = useByKey.get(toUseKey({ memberId: counts.memberId, ...tool }));
        return { ...tool, calls: use?.calls ?? 0, lastCalledAt: use?.lastCalledAt ?? null };
      });
      const mostUsed = used.toSorted((a, b) => b.calls - a.calls).slice(0, MAX_LOST_TOOLS);
      return { ...counts, lostCount: lost.length, lost: mostUsed };
    });
    return c.json({ members }, 200);
  })
  .openapi(edit, async (c) => {
    const command = { type: "rules.edit", edit: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json({ items: outcome.result.members }, 200) : refuse(c, outcome.refusal);
  })
  .openapi(copy, async (c) => {
    const id = c.req.valid("param").member;
    const command = { type: "rules.copy", id, from: c.req.valid("json").from } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok
      ? c.json({ rules: outcome.result.member.rules }, 200)
      : refuse(c, outcome.refusal);
  });

function toUseKey({
  memberId,
  serverSlug,
  toolName,
}: Omit<ToolUse, "calls" | "lastCalledAt">): string {
  return `${memberId} ${serverSlug} ${toolName}`;
}
