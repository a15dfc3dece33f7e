import type { Action } from "../contract/api/people.ts";
import { ACCESS_REQUEST_PERMISSIONS } from "./access-request-permissions.ts";
import { ALERT_PERMISSIONS } from "./alert-permissions.ts";
import { COMPANY_PERMISSIONS } from "./company-permissions.ts";
import { MARKETPLACE_PERMISSIONS } from "./marketplace-permissions.ts";
import {
  allow,
  anyUser,
  authenticated,
  hostManager,
  hostManagerWithStepUp,
  operator,
  publicRoute,
  user,
  userWithStepUp,
  userWithStepUpOrNoPasskey,
  type Body,
  type Permission,
} from "./permission.ts";

const always = () => true;
const isFilled = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;
/** Of a follow: its token, and values for headers and variables. */
const hasFollowSecrets = (body: Body) =>
  typeof body["token"] === "string" || isFilled(body["values"]);
const hasCredentials = (body: Body) => isFilled(body["credentials"]);
const isForOtherMember = (body: Body, memberId: string) => body["memberId"] !== memberId;
/** A later end or another owner lets an agent that has ended act again. */
const letsActAgain = (body: Body) => "endsAt" in body || "ownerId" in body;
/** An invitation by `memberId` does not show the role, which can be any. */
const grantsManagerRole = (body: Body) =>
  "memberId" in body || (body["role"] ?? "member") !== "member";
/** An auditor reads about people what only owners do. */
const ownerActions = (body: Body): Action[] =>
  body["role"] === "owner" || body["role"] === "auditor" ? ["owner.manage"] : [];

/**
 * The permission of every route of the management API. A route without an entry is refused. Rules about the target
 * (only owners change owners) are checked with the command, by the same roles.
 */
export const PERMISSIONS: Record<string, Permission> = {
  "GET /openapi.json": publicRoute,

  "GET /auth": publicRoute,
  "POST /auth/passkey/options": publicRoute,
  "POST /auth/passkey": publicRoute,
  "POST /auth/recovery-code": publicRoute,
  "POST /auth/access": publicRoute,
  "POST /auth/link": publicRoute,
  "POST /auth/link/passkey/options": publicRoute,
  "POST /auth/link/passkey": publicRoute,
  "POST /auth/link/access": publicRoute,

  "GET /me": anyUser,
  "PATCH /me": user,
  "DELETE /me/session": anyUser,
  "GET /me/sessions": anyUser,
  "DELETE /me/sessions": user,
  "DELETE /me/sessions/:session": user,
  "POST /me/step-up/options": user,
  "POST /me/step-up": user,
  "GET /me/passkeys": user,
  "POST /me/passkeys/options": userWithStepUpOrNoPasskey,
  "POST /me/passkeys": userWithStepUpOrNoPasskey,
  "PATCH /me/passkeys/:passkey": user,
  "DELETE /me/passkeys/:passkey": userWithStepUp,
  "POST /me/recovery-codes": userWithStepUp,
  "POST /me/invitations": user,

  "GET /oauth/authorization": anyUser,
  "POST /oauth/authorization": anyUser,

  "GET /users": operator,
  "PATCH /users/:user": operator,
  "POST /users/:user/recovery-links": operator,
  "POST /setup-links": operator,
  "GET /audit-events": operator,
  "GET /health": operator,

  "GET /hosts": hostManager,
  "POST /hosts": hostManagerWithStepUp,
  "PATCH /hosts/:host": hostManagerWithStepUp,
  "DELETE /hosts/:host": hostManagerWithStepUp,
  "POST /hosts/:host/check": hostManager,
  "GET /hosting-catalogue": authenticated,
  ...MARKETPLACE_PERMISSIONS,
  ...COMPANY_PERMISSIONS,
  ...ACCESS_REQUEST_PERMISSIONS,
  ...ALERT_PERMISSIONS,

  "GET /workshop/generate": user,
  "POST /workshop/generate": user,

  "GET /workspaces": authenticated,
  "POST /workspaces": authenticated,
  "GET /workspaces/:workspace": allow("workspace.view"),
  "PATCH /workspaces/:workspace": allow("workspace.configure", {
    additionalActions: (body) =>
      "name" in body || "retentionDays" in body ? ["workspace.rename"] : [],
    needsStepUp: (body) =>
      body["enforcement"] === false ||
      body["defaultAccess"] === "open" ||
      body["publicRegistry"] === true,
  }),
  "DELETE /workspaces/:workspace": allow("workspace.delete", { needsStepUp: always }),

  "GET /workspaces/:workspace/servers": allow("server.list"),
  "GET /workspaces/:workspace/servers/:server": allow("server.list"),
  "GET /workspaces/:workspace/health": allow("server.list"),
  "POST /workspaces/:workspace/servers": allow("server.manage", { needsStepUp: hasCredentials }),
  "PATCH /workspaces/:workspace/servers/:server": allow("server.manage", {
    needsStepUp: hasCredentials,
  }),
  "DELETE /workspaces/:workspace/servers/:server": allow("server.manage"),
  "PUT /workspaces/:workspace/servers-order": allow("server.manage"),
  "GET /workspaces/:workspace/servers/:server/tools": allow("server.list"),
  "GET /workspaces/:workspace/servers/:server/tool-catalogue": allow("server.list"),
  "POST /workspaces/:workspace/servers/:server/check": allow("server.manage"),
  "GET /workspaces/:workspace/servers/:server/contract": allow("contract.read"),
  "PATCH /workspaces/:workspace/servers/:server/contract": allow("server.manage"),
  "POST /workspaces/:workspace/servers/:server/contract/approve": allow("server.manage"),
  "POST /workspaces/:workspace/servers/:server/contract/refuse": allow("server.manage"),
  "POST /workspaces/:workspace/servers/:server/contract/skill-files": allow("contract.read"),
  "GET /workspaces/:workspace/contracts": allow("contract.read"),
  "GET /workspaces/:workspace/mcp.lock": allow("contract.read"),
  "PUT /workspaces/:workspace/mcp.lock": allow("server.manage"),
  "GET /workspaces/:workspace/servers/:server/connection": allow("connection.read"),
  "POST /workspaces/:workspace/servers/:server/connection": allow("server.manage", {
    needsStepUp: always,
  }),
  "PUT /workspaces/:workspace/servers/:server/connection": allow("server.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/servers/:server/connection": allow("server.manage"),
  "GET /workspaces/:workspace/servers/:server/accounts": allow("connection.read"),
  "DELETE /workspaces/:workspace/servers/:server/accounts/:member": allow("server.manage"),
  "POST /workspaces/:workspace/servers/:server/prefix-preview": allow("server.manage"),
  "POST /workspaces/:workspace/server-tests": allow("server.manage", {
    needsStepUp: hasCredentials,
  }),

  "GET /workspaces/:workspace/members": allow("member.read"),
  "POST /workspaces/:workspace/members": allow("member.manage", {
    additionalActions: ownerActions,
    needsStepUp: grantsManagerRole,
  }),
  "GET /workspaces/:workspace/members/:member": allow("member.read"),
  "PATCH /workspaces/:workspace/members/:member": allow("member.manage", {
    additionalActions: ownerActions,
    needsStepUp: (body) => "role" in body,
  }),
  "DELETE /workspaces/:workspace/members/:member": allow("member.manage"),
  "PUT /workspaces/:workspace/members/:member/suspension": allow("member.manage"),
  "DELETE /workspaces/:workspace/members/:member/suspension": allow("member.manage", {
    needsStepUp: always,
  }),
  "GET /workspaces/:workspace/agents": allow("member.read"),
  "POST /workspaces/:workspace/agents": allow("member.manage"),
  "GET /workspaces/:workspace/agents/:agent": allow("member.read"),
  "PATCH /workspaces/:workspace/agents/:agent": allow("member.manage", {
    needsStepUp: letsActAgain,
  }),
  "DELETE /workspaces/:workspace/agents/:agent": allow("member.manage"),
  "POST /workspaces/:workspace/agents/:agent/trust-rules": allow("member.manage", {
    needsStepUp: always,
  }),
  "PATCH /workspaces/:workspace/agents/:agent/trust-rules/:rule": allow("member.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/agents/:agent/trust-rules/:rule": allow("member.manage"),
  "GET /workspaces/:workspace/invitations": allow("member.read"),
  "POST /workspaces/:workspace/invitations": allow("member.manage", {
    additionalActions: ownerActions,
    needsStepUp: grantsManagerRole,
  }),
  "DELETE /workspaces/:workspace/invitations/:invitation": allow("member.manage"),

  "GET /workspaces/:workspace/members/:member/rules": allow("rules.read"),
  "PUT /workspaces/:workspace/members/:member/rules": allow("rules.edit"),
  "POST /workspaces/:workspace/members/:member/rules/copy": allow("rules.edit"),
  "GET /workspaces/:workspace/teams": allow("rules.read"),
  "POST /workspaces/:workspace/teams": allow("rules.edit"),
  "GET /workspaces/:workspace/teams/:team": allow("rules.read"),
  "PATCH /workspaces/:workspace/teams/:team": allow("rules.edit"),
  "DELETE /workspaces/:workspace/teams/:team": allow("rules.edit"),
  "PATCH /workspaces/:workspace/teams/:team/members": allow("rules.edit"),
  "PUT /workspaces/:workspace/teams/:team/rules": allow("rules.edit"),
  "POST /workspaces/:workspace/teams/:team/rules/copy": allow("rules.edit"),
  "PATCH /workspaces/:workspace/rules": allow("rules.edit"),
  "POST /workspaces/:workspace/access-preview": allow("rules.edit"),
  "GET /workspaces/:workspace/tools": allow("rules.read"),
  "GET /workspaces/:workspace/access/explain": allow("server.list"),
  "GET /workspaces/:workspace/access/suggestions": allow("rules.read"),
  "GET /workspaces/:workspace/fleet-pack": allow("rules.read"),

  "GET /workspaces/:workspace/tokens": allow("token.read"),
  "POST /workspaces/:workspace/tokens": allow("token.manage", { needsStepUp: isForOtherMember }),
  "PATCH /workspaces/:workspace/tokens/:token": allow("token.manage"),
  "POST /workspaces/:workspace/tokens/:token/rotate": allow("token.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/tokens/:token": allow("token.manage"),
  "PUT /workspaces/:workspace/tokens/:token/suspension": allow("token.manage"),
  "DELETE /workspaces/:workspace/tokens/:token/suspension": allow("token.manage", {
    needsStepUp: always,
  }),
  "GET /workspaces/:workspace/refused-tokens": allow("token.read"),
  "GET /workspaces/:workspace/api-keys": allow("key.read"),
  "POST /workspaces/:workspace/api-keys": allow("key.manage", {
    additionalActions: ownerActions,
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/api-keys/:key": allow("key.manage"),

  "PUT /workspaces/:workspace/stop": allow("calls.stop"),
  "DELETE /workspaces/:workspace/stop": allow("calls.stop", { needsStepUp: always }),
  "GET /workspaces/:workspace/blocked-clients": allow("token.read"),
  "POST /workspaces/:workspace/blocked-clients": allow("calls.stop"),
  "DELETE /workspaces/:workspace/blocked-clients/:client": allow("calls.stop"),

  "GET /workspaces/:workspace/instances": allow("hosting.read"),
  "POST /workspaces/:workspace/instances": allow("hosting.manage", { needsStepUp: hasCredentials }),
  "GET /workspaces/:workspace/instances/:instance": allow("hosting.read"),
  "DELETE /workspaces/:workspace/instances/:instance": allow("hosting.manage"),
  "POST /workspaces/:workspace/instances/:instance/restart": allow("hosting.manage", {
    needsStepUp: hasCredentials,
  }),
  "GET /workspaces/:workspace/instances/:instance/versions": allow("hosting.read"),
  "POST /workspaces/:workspace/instances/:instance/version-comparison": allow("hosting.manage"),
  "POST /workspaces/:workspace/instances/:instance/version": allow("hosting.manage"),
  "GET /workspaces/:workspace/instances/:instance/logs": allow("hosting.read"),
  "GET /workspaces/:workspace/instance-usage": allow("hosting.read"),
  "PUT /workspaces/:workspace/hosting-plan": allow("hosting.plan"),

  "GET /workspaces/:workspace/followed-registries": allow("follow.read"),
  "POST /workspaces/:workspace/followed-registries": allow("server.manage", {
    needsStepUp: hasFollowSecrets,
  }),
  "GET /workspaces/:workspace/followed-registries/:follow": allow("follow.read"),
  "PATCH /workspaces/:workspace/followed-registries/:follow": allow("server.manage", {
    needsStepUp: hasFollowSecrets,
  }),
  "DELETE /workspaces/:workspace/followed-registries/:follow": allow("server.manage"),
  "POST /workspaces/:workspace/followed-registries/:follow/runs": allow("server.manage"),
  "POST /workspaces/:workspace/followed-registries/:follow/approvals": allow("server.manage"),
  "GET /workspaces/:workspace/followed-servers": allow("follow.read"),

  "GET /workspaces/:workspace/tool-calls": allow("audit.read"),
  "GET /workspaces/:workspace/tool-calls/export": allow("audit.read"),
  "GET /workspaces/:workspace/tool-calls/counts": allow("audit.read"),
  "GET /workspaces/:workspace/tool-calls/values": allow("audit.read"),
  "GET /workspaces/:workspace/audit-events": allow("audit.read"),
  "GET /workspaces/:workspace/audit-events/export": allow("audit.read"),
  "GET /workspaces/:workspace/audit-events/people": allow("audit.read"),
  "GET /workspaces/:workspace/usage": allow("audit.read"),
  "GET /workspaces/:workspace/usage/totals": allow("audit.read"),
  "GET /workspaces/:workspace/usage/refusals": allow("audit.read"),
  "GET /workspaces/:workspace/retention-preview": allow("workspace.rename"),

  "GET /workspaces/:workspace/versions": allow("audit.read"),
  "GET /workspaces/:workspace/versions/:version": allow("audit.read"),
  "GET /workspaces/:workspace/versions/:version/comparison": allow("audit.read"),
  "POST /workspaces/:workspace/versions/:version/restore": allow("workspace.configure", {
    needsStepUp: (body) => body["dryRun"] !== true,
  }),
  "GET /workspaces/:workspace/configuration": allow("audit.read"),
  "PUT /workspaces/:workspace/configuration": allow("workspace.configure", { needsStepUp: always }),

  "GET /workspaces/:workspace/me": allow("me.use"),
  "GET /workspaces/:workspace/me/tools": allow("me.use"),
  "GET /workspaces/:workspace/me/tokens": allow("me.use"),
  "POST /workspaces/:workspace/me/tokens": allow("me.use"),
  "PATCH /workspaces/:workspace/me/tokens/:token": allow("me.use"),
  "GET /workspaces/:workspace/me/tokens/:token/connection": allow("me.use"),
  "POST /workspaces/:workspace/me/tokens/:token/rotate": allow("me.use"),
  "DELETE /workspaces/:workspace/me/tokens/:token": allow("me.use"),
  "POST /workspaces/:workspace/me/temporary-tokens": allow("me.use"),
  "DELETE /workspaces/:workspace/me/temporary-tokens/:token": allow("me.use"),
  "GET /workspaces/:workspace/me/accounts": allow("me.use"),
  "POST /workspaces/:workspace/me/accounts/:server": allow("me.use"),
  "PUT /workspaces/:workspace/me/accounts/:server/key": allow("me.use"),
  "DELETE /workspaces/:workspace/me/accounts/:server": allow("me.use"),
  "GET /workspaces/:workspace/me/getting-started": allow("me.use"),
  "PATCH /workspaces/:workspace/me/getting-started": allow("me.use"),
  "GET /workspaces/:workspace/me/tool-calls": allow("me.use"),
  "GET /workspaces/:workspace/me/tool-calls/counts": allow("me.use"),
  "GET /workspaces/:workspace/me/tool-calls/values": allow("me.use"),
  "GET /workspaces/:workspace/me/audit-views": allow("me.views"),
  "POST /workspaces/:workspace/me/audit-views": allow("me.views"),
  "DELETE /workspaces/:workspace/me/audit-views/:view": allow("me.views"),
  "GET /workspaces/:workspace/me/usage": allow("me.use"),
  "GET /workspaces/:workspace/me/usage/totals": allow("me.use"),
  "GET /workspaces/:workspace/me/usage/refusals": allow("me.use"),
};
