import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { TemporaryToken } from "../contract/api/temporary-tokens.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { change, jsonResponse, refuse, WRITE_ERRORS } from "./responses.ts";
import { requireBrowserSession } from "./signed-in-user.ts";

const tags = ["me"];

const create = createRoute({
  method: "post",
  path: "/{workspace}/me/temporary-tokens",
  tags,
  summary: "Create a temporary token for yourself; only this response contains it",
  description:
    "The dashboard calls tools with it. It works for 15 minutes at most and ends with the browser session. It is in no list of tokens, has no audit events, and cannot be rotated or renamed. Its calls are in the audit log; their tokenId begins with tmp_.",
  request: { params: z.object({ workspace: z.string() }) },
  responses: { 201: jsonResponse(TemporaryToken, "The new token"), ...WRITE_ERRORS },
});

const end = createRoute({
  method: "delete",
  path: "/{workspace}/me/temporary-tokens/{token}",
  tags,
  summary: "End your temporary token; it stops working immediately",
  request: { params: z.object({ workspace: z.string(), token: z.string() }) },
  responses: { 204: { description: "The token has ended" }, ...WRITE_ERRORS },
});

/** Routes for the tokens with which the dashboard calls tools for its user. */
export const temporaryTokens = new OpenAPIHono<ManagementEnv>()
  .openapi(create, async (c) => {
    const { record } = requireBrowserSession(c);
    const outcome = await change(c, c.var.workspace.slug, {
      type: "temporary-token.create",
      memberId: requireMemberId(c),
      sessionId: record.id,
      sessionEndsAt: record.expiresAt,
    });
    return outcome.ok ? c.json(outcome.result, 201) : refuse(c, outcome.refusal);
  })
  .openapi(end, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "temporary-token.delete",
      id: c.req.valid("param").token,
      ownerId: requireMemberId(c),
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });
