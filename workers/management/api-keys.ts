import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ApiKey, ApiKeyInput, IssuedApiKey } from "../contract/api/people.ts";
import { isRoleWithin } from "../contract/records/workspace.ts";
import { newId } from "../crypto/ids.ts";
import { insertApiKey, listApiKeys, revokeApiKey, type ApiKeyRecord } from "../db/api-keys.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { digestSecret, newApiKey } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  jsonBody,
  toListSchema,
  respondNotFound,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["api keys"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/api-keys",
  tags,
  summary: "List API keys, including revoked keys, oldest first",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(ApiKey), "The workspace's API keys"),
    ...READ_ERRORS,
  },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/api-keys",
  tags,
  summary: "Create an API key for this workspace; only this response contains it",
  request: { params, body: jsonBody(ApiKeyInput) },
  responses: { 201: jsonResponse(IssuedApiKey, "The new API key"), ...WRITE_ERRORS },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/api-keys/{key}",
  tags,
  summary: "Revoke an API key; it stops working immediately and stays in the list",
  request: { params: z.object({ workspace: z.string(), key: z.string() }) },
  responses: { 204: { description: "The API key is revoked" }, ...WRITE_ERRORS },
});

/** Routes for a workspace's API keys. */
export const apiKeys = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) =>
    c.json({ items: await listApiKeys(c.var.db, c.var.workspace.id) }, 200),
  )
  .openapi(create, async (c) => {
    const { db, workspace, caller, role, actor } = c.var;
    const { label, role: keyRole, expiresAt = null } = c.req.valid("json");
    const now = Date.now();
    if (caller?.kind === "api-key") return refuse(c, CREATED_BY_KEY);
    if (role !== null && !isRoleWithin(keyRole, role)) return refuse(c, ROLE_TOO_HIGH);
    if (expiresAt !== null && expiresAt <= now) return refuse(c, ALREADY_EXPIRED);
    const key = newApiKey();
    const record: ApiKeyRecord = {
      id: newId("key"),
      workspaceId: workspace.id,
      label,
      role: keyRole,
      digest: await digestSecret(key),
      lastFour: key.slice(-4),
      createdBy: actor,
      createdAt: now,
      expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    };
    const detail = { label, role: keyRole, expiresAt };
    const event = makeAuditEvent(
      actor,
      "api_key.created",
      `key:${record.id}`,
      detail,
      workspace.id,
    );
    await insertApiKey(db, record, event);
    return c.json({ key, record: toApiKey(record) }, 201);
  })
  .openapi(revoke, async (c) => {
    const { db, workspace, actor } = c.var;
    const { key: id } = c.req.valid("param");
    const key = (await listApiKeys(db, workspace.id)).find((candidate) => candidate.id === id);
    if (!key) return respondNotFound(c, "API key");
    const detail = { label: key.label };
    const event = makeAuditEvent(actor, "api_key.revoked", `key:${id}`, detail, workspace.id);
    await revokeApiKey(db, id, Date.now(), event);
    return c.body(null, 204);
  });

function toApiKey({ workspaceId: _workspace, digest: _digest, ...key }: ApiKeyRecord): ApiKey {
  return key;
}

const CREATED_BY_KEY = {
  code: "forbidden",
  message: "An API key cannot create API keys. Sign in to create one.",
} as const;
const ROLE_TOO_HIGH = {
  code: "forbidden",
  message: "An API key cannot have a higher role than you. Choose your role or a lower one.",
} as const;
const ALREADY_EXPIRED = {
  code: "invalid",
  message: "expiresAt: this time is in the past. Send a later time in epoch milliseconds.",
} as const;
