import { allow, type Permission } from "./permission.ts";

/** The permissions of the routes for requests for servers and for access, as `PERMISSIONS`. */
export const ACCESS_REQUEST_PERMISSIONS: Record<string, Permission> = {
  "POST /workspaces/:workspace/server-requests": allow("me.use"),
  "GET /workspaces/:workspace/server-requests": allow("request.read"),
  "POST /workspaces/:workspace/server-requests/:request/decision": allow("server.manage"),
  "GET /workspaces/:workspace/me/server-requests": allow("me.use"),
  "DELETE /workspaces/:workspace/me/server-requests/:request": allow("me.use"),
  "PUT /workspaces/:workspace/me/server-requests-seen": allow("me.use"),
  "POST /workspaces/:workspace/me/access-requests": allow("me.use"),
  "GET /workspaces/:workspace/me/access-requests": allow("me.use"),
  "DELETE /workspaces/:workspace/me/access-requests/:request": allow("me.use"),
  "GET /workspaces/:workspace/access-requests": allow("request.read"),
  "POST /workspaces/:workspace/access-requests/:request/decision": allow("rules.edit"),
};
