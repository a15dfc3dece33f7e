import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { Action } from "../contract/api/people.ts";
import type { Role, WorkspaceRecord } from "../contract/records/workspace.ts";
import { openDb, type Db } from "../db/database.ts";
import { countSignInMethods, findMembership } from "../db/users.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorResponse, respondLimited } from "../http/error-responses.ts";
import { passesVisitorLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { attemptWithin, type Attempt } from "../identity/attempts.ts";
import {
  isLimited,
  reachesWorkspace,
  SESSION_COOKIE,
  type BrowserSession,
} from "../identity/browser-sessions.ts";
import { identifyCaller, toActor, toPerson, type Caller } from "../identity/caller.ts";
import { isSameOrigin } from "../identity/origin.ts";
import { isSameSecret } from "../identity/random-secrets.ts";
import type { Env } from "../runtime/env.ts";
import { settingsOf } from "../runtime/settings.ts";
import { refuseByChangeLimit } from "./change-limit.ts";
import type { Permission } from "./permission.ts";
import { PERMISSIONS } from "./permissions.ts";
import { receiveBody } from "./receive-body.ts";
import { recordVisit } from "./record-visit.ts";
import { MEMBER_ACTIONS, ROLES } from "./roles.ts";

/** Hono's environment for the management API: bindings, and the variables that middleware sets for the routes. */
export interface ManagementEnv {
  Bindings: Env;
  Variables: {
    db: Db;
    /** Null: not identified; public routes identify no caller. */
    caller: Caller | null;
    /** The caller's name in audit events. */
    actor: string;
    /** The person behind the caller: who reads what only this response has. */
    person: string;
    /** The workspace's slug in the path; the workspace need not exist. */
    slug: string | undefined;
    /** The workspace of the path. */
    workspace: WorkspaceRecord;
    /** The caller's role in the workspace; null: the operator, who has no role. */
    role: Role | null;
    /** The id of the caller's member; null: an API key or the operator. */
    memberId: string | null;
  };
}

const SUSPENDED =
  "Your access to this workspace is suspended. An owner or admin of the workspace can lift the suspension.";
const LIMITED =
  "You are signed in by your company, which reaches this workspace only. Sign in with a passkey to do this.";

const DEPUTIES = {
  managesHosts: "manages the container hosts",
  curatesMarketplace: "curates the marketplace",
};

const SAFE_METHODS = new Set(["GET", "HEAD"]);
/** The prefix under which the app mounts the management API. */
const MOUNT = /^\/api(?=\/)/;

type C = Context<ManagementEnv>;

/** Returns the id of the caller's member. Throws on routes whose permission admits other callers. */
export function requireMemberId(c: C): string {
  const { memberId } = c.var;
  if (memberId === null) throw new Error("the route's permission is not limited to members");
  return memberId;
}

/** Sets `slug` from the path. `authorize` is registered without a path and cannot read path parameters. */
export const readSlug = createMiddleware<ManagementEnv>((c, next) => {
  c.set("slug", c.req.param("workspace"));
  return next();
});

/**
 * Authorizes every request of the management API: identifies the caller, looks up the route's permission, and rejects
 * forged requests. A route without an entry in `PERMISSIONS` is refused.
 */
export const authorize = createMiddleware<ManagementEnv>(async (c, next) => {
  const db = openDb(c.env.DB);
  c.set("db", db);
  const route = findRoute(c);
  const permission = route === undefined ? undefined : PERMISSIONS[route];
  c.set("caller", null);
  const isVisitor = permission?.for === "visitor" && isVisit(c);
  if (isVisitor) {
    const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
    if (!(await passesVisitorLimit(c.env, address)))
      return respondLimited(c, STRANGER_WAIT_SECONDS);
  }
  if (isVisitor || permission?.for === "public") {
    const isQuestion = permission.for === "visitor" && permission.changesNothing;
    if (isQuestion || SAFE_METHODS.has(c.req.method)) return next();
    return (await refuseForgery(c, null)) ?? next();
  }
  const attempt = await identify(c, db);
  if (attempt.kind === "limited") return respondLimited(c, attempt.seconds);
  const caller = attempt.result;
  if (!caller) return respondUnauthorized(c);
  c.set("caller", caller);
  c.set("actor", toActor(caller));
  c.set("person", toPerson(caller));
  // An unknown address gets its 404 from the router, but only if the caller is identified.
  if (route === undefined) return next();
  if (!permission) return respondForbidden(c, "This route has no permission entry and is closed.");
  const refusal =
    (await refuseForgery(c, caller)) ??
    refuseByChangeLimit(c, caller) ??
    (await refuseByPermission(c, caller, permission));
  return refusal ?? next();
});

/** Whether a request for what the marketplace shows to all is treated as a visitor's. A key is judged, also by this route. */
function isVisit(c: C): boolean {
  return settingsOf(c.env).isMarketplacePublic && c.req.header("authorization") === undefined;
}

/** Identifies the caller within the limit of failures. A request without a credential fails at no cost and is not counted. */
async function identify(c: C, db: Db): Promise<Attempt<Caller>> {
  const authorization = c.req.header("authorization");
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const credential = authorization ?? cookie;
  if (!credential) return { kind: "made", result: null };
  return attemptWithin(c.env, c.req.raw, credential, () =>
    identifyCaller(db, c.env.MCPNEST_OPERATOR_KEY, authorization, cookie),
  );
}

/** Returns the matched route as a key of `PERMISSIONS`: `GET /workspaces/:workspace`. Undefined: no route matches. */
function findRoute(c: C): string | undefined {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  // The first match handles the request; paths with a wildcard are middleware.
  const route = matchedRoutes(c).find(
    (candidate) => candidate.method === method && !candidate.path.endsWith("*"),
  );
  return route && `${method} ${route.path.replace(MOUNT, "")}`;
}

/** Refuses cross-site request forgery: changes by cookie must come from a page of this host, with the CSRF token. */
async function refuseForgery(c: C, caller: Caller | null): Promise<Response | null> {
  if (SAFE_METHODS.has(c.req.method) || c.req.header("authorization") !== undefined) return null;
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    return errorResponse(c, 415, "unsupported_media_type", "Send Content-Type: application/json.");
  }
  if (!isSameOrigin(c.req.raw.headers)) {
    return errorResponse(c, 403, "csrf", "Send this request from a page of this host.");
  }
  if (caller?.kind !== "user") return null;
  const token = c.req.header("x-csrf-token") ?? "";
  if (await isSameSecret(token, caller.session.csrfToken)) return null;
  return errorResponse(c, 403, "csrf", "Send X-CSRF-Token with the csrfToken of GET /api/me.");
}

async function refuseByPermission(
  c: C,
  caller: Caller,
  permission: Permission,
): Promise<Response | null> {
  const isForLimited =
    permission.for === "user" ? permission.isForLimited : permission.for !== "deputy";
  if (caller.kind === "user" && isLimited(caller.session) && !isForLimited)
    return respondForbidden(c, LIMITED);
  switch (permission.for) {
    case "public":
    case "visitor":
    case "authenticated":
      return null;
    case "operator":
      return caller.kind === "operator"
        ? null
        : respondForbidden(c, "This request needs the operator key.");
    case "deputy":
      if (caller.kind === "operator") return null;
      return caller.kind === "user" && caller.session.user[permission.right]
        ? refuseWithoutStepUp(c, caller.session, permission.stepUp)
        : respondForbidden(
            c,
            `This request needs the operator key, or a user who ${DEPUTIES[permission.right]}. The operator decides which users do.`,
          );
    case "user":
      return caller.kind === "user"
        ? refuseWithoutStepUp(c, caller.session, permission.stepUp)
        : respondForbidden(c, "This request needs a signed-in user. Sign in to the dashboard.");
    case "workspace":
      return refuseInWorkspace(c, caller, permission);
  }
}

/** Callers without access get the response for an unknown workspace, which does not reveal that it exists. */
async function refuseInWorkspace(
  c: C,
  caller: Caller,
  { action, additionalActions, needsStepUp }: Extract<Permission, { for: "workspace" }>,
): Promise<Response | null> {
  const workspace = await findWorkspace(c.var.db, c.var.slug ?? "");
  const access = workspace && (await findWorkspaceAccess(c.var.db, workspace.id, caller));
  if (!access) return errorResponse(c, 404, "not_found", "There is no such workspace.");
  const { role, memberId } = access;
  if (access.suspendedAt !== null) return errorResponse(c, 403, "suspended", SUSPENDED);
  c.set("workspace", workspace);
  c.set("role", role);
  c.set("memberId", memberId);
  if (MEMBER_ACTIONS.includes(action) && memberId === null) {
    return respondForbidden(
      c,
      "This request needs a member. Sign in as a member of the workspace.",
    );
  }
  const unreadable = await receiveBody(c);
  if (unreadable) return unreadable;
  const body = await readJsonObject(c);
  const refused = [action, ...additionalActions(body)].find(
    (needed) => role && !ROLES[needed].includes(role),
  );
  if (refused) return respondForbidden(c, describeNeededRole(refused));
  if (caller.kind !== "user" || !needsStepUp(body, memberId ?? "")) return null;
  return refuseStale(c, caller.session);
}

async function findWorkspaceAccess(
  db: Db,
  workspaceId: string,
  caller: Caller,
): Promise<{ role: Role | null; memberId: string | null; suspendedAt: number | null } | undefined> {
  switch (caller.kind) {
    case "operator":
      return { role: null, memberId: null, suspendedAt: null };
    case "api-key":
      if (caller.key.workspaceId !== workspaceId) return undefined;
      return { role: caller.role, memberId: null, suspendedAt: null };
    case "user": {
      if (!reachesWorkspace(caller.session, workspaceId)) return undefined;
      const membership = await findMembership(db, workspaceId, caller.session.user.id);
      if (membership) await recordVisit(db, membership);
      return membership;
    }
  }
}

async function refuseWithoutStepUp(
  c: C,
  session: BrowserSession,
  stepUp: "never" | "always" | "with-passkeys",
): Promise<Response | null> {
  if (stepUp === "never") return null;
  const refusal = refuseStale(c, session);
  if (!refusal || stepUp === "always") return refusal;
  return (await countSignInMethods(c.var.db, session.user.id)).passkeys === 0 ? null : refusal;
}

/** Refuses a session without a recent passkey check. */
function refuseStale(c: C, { steppedUpUntil }: BrowserSession): Response | null {
  if (steppedUpUntil !== null) return null;
  return errorResponse(
    c,
    403,
    "step_up_required",
    "Confirm with a passkey (POST /api/me/step-up), then send this request again.",
  );
}

/** Returns the body's JSON object. Any other body is {} here; the route's schema refuses it later. */
async function readJsonObject(c: C): Promise<Record<string, unknown>> {
  if (SAFE_METHODS.has(c.req.method)) return {};
  // Only the client's body can fail to parse here.
  const body: unknown = await c.req.json().catch(() => undefined);
  return typeof body === "object" && body !== null ? { ...body } : {};
}

function describeNeededRole(action: Action): string {
  const roles = ROLES[action];
  if (roles.length === 0) return "This request needs the operator key.";
  return `This request needs the role ${roles.join(" or ")} in the workspace.`;
}

function respondForbidden(c: C, message: string) {
  return errorResponse(c, 403, "forbidden", message);
}

function respondUnauthorized(c: C) {
  c.header("www-authenticate", "Bearer");
  return errorResponse(
    c,
    401,
    "unauthorized",
    "Sign in, or send a key as 'Authorization: Bearer <operator key or API key>'.",
  );
}
