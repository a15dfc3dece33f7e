import { allow, type Permission } from "./permission.ts";

/** The permissions of the routes for alerts, as `PERMISSIONS`. */
export const ALERT_PERMISSIONS: Record<string, Permission> = {
  "GET /workspaces/:workspace/alerts": allow("audit.read"),
  "GET /workspaces/:workspace/alert-channels": allow("audit.read"),
  "POST /workspaces/:workspace/alert-channels": allow("workspace.configure"),
  "PATCH /workspaces/:workspace/alert-channels/:channel": allow("workspace.configure"),
  "DELETE /workspaces/:workspace/alert-channels/:channel": allow("workspace.configure"),
  "POST /workspaces/:workspace/alert-channels/:channel/test": allow("workspace.configure"),
  "GET /workspaces/:workspace/me/alert-choices": allow("me.views"),
  "PUT /workspaces/:workspace/me/alert-choices": allow("me.views"),
};
