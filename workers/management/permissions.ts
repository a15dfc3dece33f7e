import type { Action } from "../contract/api/people.ts";
import type { Role } from "../contract/records/workspace.ts";

/** A request's body as far as a permission depends on it: its members by name. */
type Body = Record<string, unknown>;

/** Who may use a route. */
export type Permission =
  /** Everybody: there is nothing to protect, or it is how one signs in. */
  | { for: "anyone" }
  /** Every holder of a key and everybody who is signed in; the route itself shows each what is theirs. */
  | { for: "known" }
  | { for: "operator" }
  /** Who is signed in; with a fresh ceremony, or with one as soon as there is a passkey for it. */
  | { for: "person"; stepUp: "never" | "always" | "with-passkeys" }
  /** Who may do this in the workspace of the path. */
  | {
      for: "workspace";
      action: Action;
      /** What the body asks for besides. */
      also: (body: Body) => Action[];
      /** Whether a person must have passed a ceremony a moment ago; `memberId` is that person's own. */
      stepUp: (body: Body, memberId: string) => boolean;
    };

const ALL: Role[] = ["owner", "admin", "member"];
const ADMINS: Role[] = ["owner", "admin"];
const OWNERS: Role[] = ["owner"];

/** Which role may do what. The operator may do everything but `own.use`, which needs a person. */
export const ROLES: Record<Action, Role[]> = {
  "workspace.view": ALL,
  "server.list": ALL,
  "own.use": ALL,
  "audit.read": ADMINS,
  "token.manage": ADMINS,
  "rules.edit": ADMINS,
  "server.manage": ADMINS,
  "hosting.manage": ADMINS,
  "hosting.plan": [],
  "member.manage": ADMINS,
  "key.manage": ADMINS,
  "workspace.configure": ADMINS,
  "owner.manage": OWNERS,
  "workspace.rename": OWNERS,
  "workspace.delete": OWNERS,
};

const anyone: Permission = { for: "anyone" };
const known: Permission = { for: "known" };
const operator: Permission = { for: "operator" };
const person: Permission = { for: "person", stepUp: "never" };
const freshPerson: Permission = { for: "person", stepUp: "always" };
const freshOrFirst: Permission = { for: "person", stepUp: "with-passkeys" };

function may(
  action: Action,
  {
    also = () => [],
    stepUp = () => false,
  }: Partial<Pick<Extract<Permission, { for: "workspace" }>, "also" | "stepUp">> = {},
): Permission {
  return { for: "workspace", action, also, stepUp };
}

const always = () => true;
const isFilled = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;
const withCredentials = (body: Body) => isFilled(body["credentials"]);
const forOthers = (body: Body, memberId: string) => body["memberId"] !== memberId;
/** An invitation of a member who is there may be one of an admin. */
const makesManager = (body: Body) => "memberId" in body || (body["role"] ?? "member") !== "member";
const makesOwner = (body: Body): Action[] => (body["role"] === "owner" ? ["owner.manage"] : []);

/**
 * Every route of the management API, and the one place that says who may use it. A route that is not listed is refused.
 * What depends on the object (only owners touch owners) is decided where the object is, under the same roles.
 */
export const PERMISSIONS: Record<string, Permission> = {
  "GET /openapi.json": anyone,

  "GET /auth": anyone,
  "POST /auth/passkey/options": anyone,
  "POST /auth/passkey": anyone,
  "POST /auth/recovery-code": anyone,
  "POST /auth/access": anyone,
  "POST /auth/link": anyone,
  "POST /auth/link/passkey/options": anyone,
  "POST /auth/link/passkey": anyone,
  "POST /auth/link/access": anyone,

  "GET /me": person,
  "PATCH /me": person,
  "DELETE /me/session": person,
  "GET /me/sessions": person,
  "DELETE /me/sessions": person,
  "DELETE /me/sessions/:session": person,
  "POST /me/step-up/options": person,
  "POST /me/step-up": person,
  "GET /me/passkeys": person,
  "POST /me/passkeys/options": freshOrFirst,
  "POST /me/passkeys": freshOrFirst,
  "PATCH /me/passkeys/:passkey": person,
  "DELETE /me/passkeys/:passkey": freshPerson,
  "POST /me/recovery-codes": freshPerson,
  "POST /me/invitations": person,

  "GET /users": operator,
  "PATCH /users/:user": operator,
  "POST /users/:user/recovery-links": operator,
  "POST /setup-links": operator,
  "GET /audit-events": operator,

  "GET /hosts": operator,
  "POST /hosts": operator,
  "PATCH /hosts/:host": operator,
  "DELETE /hosts/:host": operator,
  "POST /hosts/:host/check": operator,
  "GET /catalogue": known,

  "GET /workspaces": known,
  "POST /workspaces": known,
  "GET /workspaces/:workspace": may("workspace.view"),
  "PATCH /workspaces/:workspace": may("workspace.configure", {
    also: (body) => ("name" in body || "retentionDays" in body ? ["workspace.rename"] : []),
    stepUp: (body) => body["enforcement"] === false,
  }),
  "DELETE /workspaces/:workspace": may("workspace.delete", { stepUp: always }),

  "GET /workspaces/:workspace/servers": may("server.list"),
  "GET /workspaces/:workspace/servers/:server": may("server.list"),
  "GET /workspaces/:workspace/health": may("server.list"),
  "POST /workspaces/:workspace/servers": may("server.manage", { stepUp: withCredentials }),
  "PATCH /workspaces/:workspace/servers/:server": may("server.manage", { stepUp: withCredentials }),
  "DELETE /workspaces/:workspace/servers/:server": may("server.manage"),
  "PUT /workspaces/:workspace/servers-order": may("server.manage"),
  "GET /workspaces/:workspace/servers/:server/tools": may("server.manage"),
  "GET /workspaces/:workspace/servers/:server/offer": may("server.manage"),
  "POST /workspaces/:workspace/servers/:server/check": may("server.manage"),
  "POST /workspaces/:workspace/server-tests": may("server.manage", { stepUp: withCredentials }),

  "GET /workspaces/:workspace/members": may("member.manage"),
  "POST /workspaces/:workspace/members": may("member.manage", {
    also: makesOwner,
    stepUp: makesManager,
  }),
  "GET /workspaces/:workspace/members/:member": may("member.manage"),
  "PATCH /workspaces/:workspace/members/:member": may("member.manage", {
    also: makesOwner,
    stepUp: (body) => "role" in body,
  }),
  "DELETE /workspaces/:workspace/members/:member": may("member.manage"),
  "GET /workspaces/:workspace/invitations": may("member.manage"),
  "POST /workspaces/:workspace/invitations": may("member.manage", {
    also: makesOwner,
    stepUp: makesManager,
  }),
  "DELETE /workspaces/:workspace/invitations/:invitation": may("member.manage"),

  "GET /workspaces/:workspace/members/:member/rules": may("rules.edit"),
  "PUT /workspaces/:workspace/members/:member/rules": may("rules.edit"),
  "POST /workspaces/:workspace/members/:member/rules/copy": may("rules.edit"),
  "PATCH /workspaces/:workspace/rules": may("rules.edit"),
  "POST /workspaces/:workspace/access-preview": may("rules.edit"),

  "GET /workspaces/:workspace/tokens": may("token.manage"),
  "POST /workspaces/:workspace/tokens": may("token.manage", { stepUp: forOthers }),
  "POST /workspaces/:workspace/tokens/:token/rotate": may("token.manage", { stepUp: always }),
  "DELETE /workspaces/:workspace/tokens/:token": may("token.manage"),
  "GET /workspaces/:workspace/api-keys": may("key.manage"),
  "POST /workspaces/:workspace/api-keys": may("key.manage", { also: makesOwner, stepUp: always }),
  "DELETE /workspaces/:workspace/api-keys/:key": may("key.manage"),

  "GET /workspaces/:workspace/instances": may("hosting.manage"),
  "POST /workspaces/:workspace/instances": may("hosting.manage", { stepUp: withCredentials }),
  "GET /workspaces/:workspace/instances/:instance": may("hosting.manage"),
  "DELETE /workspaces/:workspace/instances/:instance": may("hosting.manage"),
  "POST /workspaces/:workspace/instances/:instance/restart": may("hosting.manage", {
    stepUp: withCredentials,
  }),
  "GET /workspaces/:workspace/instances/:instance/logs": may("hosting.manage"),
  "GET /workspaces/:workspace/instance-usage": may("hosting.manage"),
  "PUT /workspaces/:workspace/plan": may("hosting.plan"),

  "GET /workspaces/:workspace/tool-calls": may("audit.read"),
  "GET /workspaces/:workspace/tool-calls/export": may("audit.read"),
  "GET /workspaces/:workspace/audit-events": may("audit.read"),
  "GET /workspaces/:workspace/audit-events/export": may("audit.read"),
  "GET /workspaces/:workspace/usage": may("audit.read"),

  "GET /workspaces/:workspace/me": may("own.use"),
  "GET /workspaces/:workspace/me/tools": may("own.use"),
  "GET /workspaces/:workspace/me/tokens": may("own.use"),
  "POST /workspaces/:workspace/me/tokens": may("own.use"),
  "POST /workspaces/:workspace/me/tokens/:token/rotate": may("own.use"),
  "DELETE /workspaces/:workspace/me/tokens/:token": may("own.use"),
  "GET /workspaces/:workspace/me/tool-calls": may("own.use"),
  "GET /workspaces/:workspace/me/usage": may("own.use"),
};

/** What a role may do, for whoever draws a page. */
export function actionsOf(role: Role): Action[] {
  // The keys of a record of actions are actions.
  return (Object.keys(ROLES) as Action[]).filter((action) => ROLES[action].includes(role));
}
