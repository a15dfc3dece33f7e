import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { AccessPreview, AccessProposal, RulesCopy } from "../contract/api/people.ts";
import { Member, Rules } from "../contract/api/resources.ts";
import { RulesEdit } from "../contract/rpc/commands.ts";
import { listToolUse, type ToolUse } from "../db/usage.ts";
import { findMember } from "../db/workspaces.ts";
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

const DAYS_30_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_LOST_SHOWN = 100;

const tags = ["access"];
const params = z.object({ workspace: z.string() });

const preview = createRoute({
  method: "post",
  path: "/{workspace}/access-preview",
  tags,
  summary: "Who would lose and gain what, by the rules and by the calls of the last 30 days",
  request: { params, body: jsonBody(AccessProposal) },
  responses: { 200: json(AccessPreview, "Nothing is changed"), ...readErrors },
});

const edit = createRoute({
  method: "patch",
  path: "/{workspace}/rules",
  tags,
  summary: "Add rules to many members and take rules from them, all or nothing",
  request: { params, body: jsonBody(RulesEdit) },
  responses: { 200: json(listOf(Member), "The members as they are now"), ...writeErrors },
});

const copy = createRoute({
  method: "post",
  path: "/{workspace}/members/{member}/rules/copy",
  tags,
  summary: "Give a member the rules of another one",
  request: {
    params: z.object({ workspace: z.string(), member: z.string() }),
    body: jsonBody(RulesCopy),
  },
  responses: { 200: json(Rules, "The rules as they are now"), ...writeErrors },
});

export const access = new OpenAPIHono<ManagementEnv>()
  .openapi(preview, async (c) => {
    const { db, workspace } = c.var;
    const object = c.env.WORKSPACES.getByName(workspace.slug);
    const [changes, uses] = await Promise.all([
      object.previewAccess(c.req.valid("json")),
      listToolUse(db, workspace.id, Date.now() - DAYS_30_MS),
    ]);
    const useOf = new Map(uses.map((use) => [keyOf(use), use]));
    const members = changes.map(({ lost, ...counts }) => {
      const used = lost.map((tool) => {
        const use = useOf.get(keyOf({ memberId: counts.memberId, ...tool }));
        return { ...tool, calls: use?.calls ?? 0, lastCalledAt: use?.lastCalledAt ?? null };
      });
      const mostUsed = used.toSorted((a, b) => b.calls - a.calls).slice(0, MAX_LOST_SHOWN);
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
    const { db, workspace } = c.var;
    const source = await findMember(db, workspace.id, c.req.valid("json").from);
    if (!source) return notFound(c, "member");
    const id = c.req.valid("param").member;
    const command = { type: "member.rules", id, rules: source.rules } as const;
    const outcome = await change(c, workspace.slug, command);
    return outcome.ok
      ? c.json({ rules: outcome.result.member.rules }, 200)
      : refuse(c, outcome.refusal);
  });

function keyOf({
  memberId,
  serverSlug,
  toolName,
}: Omit<ToolUse, "calls" | "lastCalledAt">): string {
  return `${memberId} ${serverSlug} ${toolName}`;
}
