import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  IssuedScimToken,
  MAX_SCIM_TOKENS,
  ScimMember,
  ScimStatus,
  ScimTokenInput,
} from "../contract/api/scim.ts";
import { newId } from "../crypto/ids.ts";
import {
  insertScimToken,
  listScimTokens,
  revokeScimToken,
  type ScimTokenRecord,
} from "../db/scim-tokens.ts";
import { countScim, listScimMembers } from "../db/scim.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { digestSecret, newScimToken } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
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

const tags = ["scim"];
const params = z.object({ workspace: z.string() });

const get = createRoute({
  method: "get",
  path: "/{workspace}/scim",
  tags,
  summary: "Get the tokens of the company’s directory, and how many people and teams it manages",
  request: { params },
  responses: { 200: jsonResponse(ScimStatus, "The directory"), ...READ_ERRORS },
});

const listManaged = createRoute({
  method: "get",
  path: "/{workspace}/scim/members",
  tags,
  summary: "List the members that the company’s directory manages",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(ScimMember), "The members"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/scim/tokens",
  tags,
  summary: "Create a token for the company’s directory; only this response contains it",
  request: { params, body: jsonBody(ScimTokenInput) },
  responses: { 201: jsonResponse(IssuedScimToken, "The new token"), ...WRITE_ERRORS },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/scim/tokens/{token}",
  tags,
  summary: "Revoke a token of the directory; it stops working immediately",
  request: { params: z.object({ workspace: z.string(), token: z.string() }) },
  responses: { 204: { description: "The token is revoked" }, ...WRITE_ERRORS },
});

/** Routes under /workspaces for the directory that provisions people and teams (SCIM). */
export const scim = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) => {
    const { db, workspace } = c.var;
    const tokens = await listScimTokens(db, workspace.id);
    return c.json({ tokens, ...(await countScim(db, workspace.id)) }, 200);
  })
  .openapi(listManaged, async (c) =>
    c.json({ items: await listScimMembers(c.var.db, c.var.workspace.id) }, 200),
  )
  .openapi(create, async (c) => {
    const { db, workspace, actor, person, caller } = c.var;
    const { label } = c.req.valid("json");
    if (caller?.kind === "api-key") return refuse(c, CREATED_BY_KEY);
    const tokens = await listScimTokens(db, workspace.id);
    if (tokens.filter(({ revokedAt }) => revokedAt === null).length >= MAX_SCIM_TOKENS)
      return refuse(c, TOO_MANY);
    const token = newScimToken();
    const record: ScimTokenRecord = {
      id: newId("sct"),
      workspaceId: workspace.id,
      label,
      digest: await digestSecret(token),
      lastFour: token.slice(-4),
      createdBy: person,
      createdAt: Date.now(),
      revokedAt: null,
      lastUsedAt: null,
      lastErrorAt: null,
      lastError: null,
    };
    const event = makeAuditEvent(
      actor,
      "scim_token.created",
      `scim-token:${record.id}`,
      { label },
      workspace.id,
    );
    await insertScimToken(db, record, event);
    const { workspaceId: _workspace, digest: _digest, ...shown } = record;
    return c.json({ token, record: shown }, 201);
  })
  .openapi(revoke, async (c) => {
    const { db, workspace, actor } = c.var;
    const { token: id } = c.req.valid("param");
    const found = (await listScimTokens(db, workspace.id)).find((token) => token.id === id);
    if (!found) return respondNotFound(c, "SCIM token");
    const detail = { label: found.label };
    const object = `scim-token:${id}`;
    const event = makeAuditEvent(actor, "scim_token.revoked", object, detail, workspace.id);
    await revokeScimToken(db, id, Date.now(), event);
    return c.body(null, 204);
  });

const CREATED_BY_KEY = {
  code: "forbidden",
  message: "An API key cannot create tokens of the directory. Sign in to create one.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: `A workspace has at most ${MAX_SCIM_TOKENS} tokens of the directory: revoke one first.`,
} as const;
