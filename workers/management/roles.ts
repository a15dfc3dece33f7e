import type { Action } from "../contract/api/people.ts";
import type { Role } from "../contract/records/workspace.ts";

const ALL: Role[] = ["owner", "admin", "auditor", "member"];
/** An auditor has no tokens and calls no tools. */
const USERS: Role[] = ["owner", "admin", "member"];
const READERS: Role[] = ["owner", "admin", "auditor"];
const ADMINS: Role[] = ["owner", "admin"];
const OWNERS: Role[] = ["owner"];

/**
 * The roles that are allowed each action. The operator is allowed all actions except `MEMBER_ACTIONS`.
 */
export const ROLES: Record<Action, Role[]> = {
  "workspace.view": ALL,
  "server.list": ALL,
  "me.use": USERS,
  "me.views": ALL,
  "audit.read": READERS,
  "sign-ins.read": ["owner", "auditor"],
  "hosting.read": READERS,
  "request.read": READERS,
  "follow.read": READERS,
  "connection.read": READERS,
  "contract.read": READERS,
  "member.read": READERS,
  "rules.read": READERS,
  "token.read": READERS,
  "key.read": READERS,
  "calls.stop": ADMINS,
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

/** Actions on what belongs to a member: a caller without a member is refused. */
export const MEMBER_ACTIONS: Action[] = ["me.use", "me.views"];

/** Returns the actions that a role is allowed, for the dashboard. */
export function listActions(role: Role): Action[] {
  // A cast: `Object.keys` returns strings, here the keys of `ROLES`.
  return (Object.keys(ROLES) as Action[]).filter((action) => ROLES[action].includes(role));
}
