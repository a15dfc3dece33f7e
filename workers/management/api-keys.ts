import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ApiKey, ApiKeyInput, IssuedApiKey } from "../contract/api/people.ts";
import { newId } from "../crypto/ids.ts";
import { insertApiKey, listApiKeys, revokeApiKey, type ApiKeyRecord } from "../db/api-keys.ts";
import { isWithin } from "../identity/caller.ts";
import { toEvent } from "../identity/events.ts";
import { digestOf, newApiKey } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import { json, jsonBody, listOf, notFound, readErrors, refuse, writeErrors } from "./responses.ts";

const tags = ["api keys"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/api-keys",
  tags,
  summary: "Keys for automation, revoked ones too, oldest first",
  request: { params },
  responses: { 200: json(listOf(ApiKey), "The workspace's keys"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/api-keys",
  tags,
  summary: "Create a key for automation in this workspace; it is shown this once",
  request: { params, body: jsonBody(ApiKeyInput) },
  responses: { 201: json(IssuedApiKey, "The new key"), ...writeErrors },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/api-keys/{key}",
  tags,
  summary: "Revoke a key; it is dead at once and stays listed",
  request: { params: z.object({ workspace: z.string(), key: z.string() }) },
  responses: { 204: { description: "It is revoked" }, ...writeErrors },
});

export const apiKeys = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) =>
    c.json({ items: await listApiKeys(c.var.db, c.var.workspace.id) }, 200),
  )
  .openapi(create, async (c) => {
    const { db, workspace, principal, role, actor } = c.var;
    const { label, role: wanted, expiresAt = null } = c.req.valid("json");
    const now = Date.now();
    if (principal?.kind === "key") return refuse(c, BY_PEOPLE);
    if (role !== null && !isWithin(wanted, role)) return refuse(c, TOO_MUCH);
    if (expiresAt !== null && expiresAt <= now) return refuse(c, EXPIRED);
    const key = newApiKey();
    const record: ApiKeyRecord = {
      id: newId("key"),
      workspaceId: workspace.id,
      label,
      role: wanted,
      digest: await digestOf(key),
      lastFour: key.slice(-4),
      createdBy: actor,
      createdAt: now,
      expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    };
    const detail = { label, role: wanted, expiresAt };
    const event = toEvent(actor, "api_key.created", `key:${record.id}`, detail, workspace.id);
    await insertApiKey(db, record, event);
    return c.json({ key, record: toApiKey(record) }, 201);
  })
  .openapi(revoke, async (c) => {
    const { db, workspace, actor } = c.var;
    const { key: id } = c.req.valid("param");
    const found = (await listApiKeys(db, workspace.id)).find((key) => key.id === id);
    if (!found) return notFound(c, "API key");
    const detail = { label: found.label };
    const event = toEvent(actor, "api_key.revoked", `key:${id}`, detail, workspace.id);
    await revokeApiKey(db, id, Date.now(), event);
    return c.body(null, 204);
  });

function toApiKey({ workspaceId: _workspace, digest: _digest, ...facts }: ApiKeyRecord): ApiKey {
  return facts;
}

const BY_PEOPLE = {
  code: "forbidden",
  message: "Keys are made by people: sign in.",
} as const;
const TOO_MUCH = {
  code: "forbidden",
  message: "A key may have your own role at most.",
} as const;
const EXPIRED = {
  code: "invalid",
  message:
    "expiresAt: the key would have expired already; give a later time in epoch milliseconds.",
} as const;
