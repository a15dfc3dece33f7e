import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { AccessExplanation } from "../contract/api/access-explanation.ts";
import { AccessSuggestions } from "../contract/api/access-suggestions.ts";
import { DAY_MS } from "../contract/units.ts";
import { listToolUse } from "../db/usage.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS, respondNotFound } from "./responses.ts";
import { ROLES } from "./roles.ts";

/** How far back the use is looked at. */
const USE_DAYS = 30;

const tags = ["access"];
const params = z.object({ workspace: z.string() });

const explain = createRoute({
  method: "get",
  path: "/{workspace}/access/explain",
  tags,
  summary:
    "Explain whether a member may call a tool, or use a whole server: by which rule, who added it, since and until when",
  request: {
    params,
    query: z.object({
      /** Absent: yourself (an API key and the operator have to name one). Who does not read rules can ask about themselves only. */
      member: z.string().max(100).optional(),
      server: z.string().max(100),
      /** The server's own name of the tool; absent: the whole server. */
      tool: z.string().max(256).optional(),
    }),
  },
  responses: { 200: jsonResponse(AccessExplanation, "The explanation"), ...READ_ERRORS },
});

const suggest = createRoute({
  method: "get",
  path: "/{workspace}/access/suggestions",
  tags,
  summary: `List for each member and team the tools that it may call and those that it called within ${USE_DAYS} days`,
  request: { params },
  responses: {
    200: jsonResponse(AccessSuggestions, "The members and teams that use less than they may"),
    ...READ_ERRORS,
  },
});

/** Routes that say why a member may call a tool, and which rules would be enough. */
export const accessReasons = new OpenAPIHono<ManagementEnv>()
  .openapi(explain, async (c) => {
    const { workspace, role, memberId: ownId } = c.var;
    const { member = ownId, server, tool = null } = c.req.valid("query");
    // The operator has no role, and reads all.
    const readsAll = role === null || ROLES["rules.read"].includes(role);
    if (member === null || (!readsAll && member !== ownId)) return respondNotFound(c, "member");
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const question = { memberId: member, server, tool, isOwn: !readsAll };
    const explanation = await object.explainAccess(workspace.id, question);
    if (explanation === "unknown_member") return respondNotFound(c, "member");
    if (explanation === "unknown_server") return respondNotFound(c, "server");
    return c.json(explanation, 200);
  })
  .openapi(suggest, async (c) => {
    const { db, workspace } = c.var;
    const since = Date.now() - USE_DAYS * DAY_MS;
    const uses = await listToolUse(db, workspace.id, since);
    const used = uses
      .filter(({ calls, memberId }) => calls > 0 && memberId !== "")
      .map(({ memberId, serverSlug, toolName }) => ({ memberId, serverSlug, toolName }));
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const items = await object.suggestAccess(workspace.id, { used, since });
    return c.json({ since, items }, 200);
  });
