import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { DeploymentHealth } from "../contract/api/deployment-health.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { readDatabaseBytes, toDatabaseLevel } from "../db/database-size.ts";
import { countWorkspacesByKid } from "../db/wrapped-keys.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS } from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/health",
  tags: ["health"],
  summary: "Get the use of master keys, and how full the database is",
  responses: { 200: jsonResponse(DeploymentHealth, "The deployment's state"), ...READ_ERRORS },
});

/** Route for the health of the deployment. */
export const deploymentHealth = new OpenAPIHono<ManagementEnv>().openapi(get, async (c) => {
  const { db } = c.var;
  const configured = parseKeyRing(c.env.MCPNEST_MASTER_KEYS).map(({ kid }) => kid);
  const workspacesByKid = await countWorkspacesByKid(db);
  const masterKeys = [...new Set([...configured, ...workspacesByKid.keys()])].map((kid) => ({
    kid,
    isNewest: kid === configured[0],
    isConfigured: configured.includes(kid),
    workspaces: workspacesByKid.get(kid) ?? 0,
  }));
  const bytes = await readDatabaseBytes(db);
  const maxBytes = settingsOf(c.env).databaseMaxBytes;
  const database = { bytes, maxBytes, level: toDatabaseLevel(bytes, maxBytes) };
  return c.json({ masterKeys, database }, 200);
});
