import { allow, type Permission } from "./permission.ts";

/** The permissions of the routes for requests for access, as `PERMISSIONS`. */
export const ACCESS_REQUEST_PERMISSIONS: Record<string, Permission> = {
  "POST /workspaces/:workspace/me/access-requests": allow("me.use"),
  "GET /workspaces/:workspace/me/access-requests": allow("me.use"),
  "DELETE /workspaces/:workspace/me/access-requests/:request": allow("me.use"),
  "GET /workspaces/:workspace/access-requests": allow("request.read"),
  "POST /workspaces/:workspace/access-requests/:request/decision": allow("rules.edit"),
};
