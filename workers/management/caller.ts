import { createMiddleware } from "hono/factory";
import type { WorkspaceRecord } from "../contract/workspace.ts";
import { openDb } from "../db/database.ts";
import { findWorkspace } from "../db/workspaces.ts";
import type { Env } from "../env.ts";
import { errorResponse } from "../errors.ts";

export interface ManagementEnv {
  Bindings: Env;
  Variables: {
    /** Who is calling, as audit events name it. */
    actor: string;
    /** The workspace of the path. */
    workspace: WorkspaceRecord;
  };
}

/** A shorter key is taken for none. */
const MIN_KEY_LENGTH = 32;

/** Lets through who holds the operator key, and says who that is: the one place where a caller gets a name. */
export const authenticate = createMiddleware<ManagementEnv>(async (c, next) => {
  const [scheme, key] = (c.req.header("authorization") ?? "").split(" ");
  if (
    scheme?.toLowerCase() !== "bearer" ||
    !key ||
    !(await isOperatorKey(key, c.env.MCPNEST_OPERATOR_KEY))
  ) {
    c.header("www-authenticate", "Bearer");
    return errorResponse(
      c,
      401,
      "unauthorized",
      "Send the operator key as 'Authorization: Bearer <MCPNEST_OPERATOR_KEY>'.",
    );
  }
  c.set("actor", "operator");
  return next();
});

/** Finds the workspace of the path. */
export const findPathWorkspace = createMiddleware<ManagementEnv>(async (c, next) => {
  const workspace = await findWorkspace(openDb(c.env.DB), c.req.param("workspace") ?? "");
  if (!workspace) return errorResponse(c, 404, "not_found", "There is no such workspace.");
  c.set("workspace", workspace);
  return next();
});

/** Digests are compared, so that the time tells nothing about the key; an unset key matches nothing. */
async function isOperatorKey(given: string, expected: string | undefined): Promise<boolean> {
  if (!expected || expected.length < MIN_KEY_LENGTH) return false;
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
