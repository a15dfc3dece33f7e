import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { Action } from "../contract/api/people.ts";
import type { Role, WorkspaceRecord } from "../contract/records/workspace.ts";
import { openDb, type Db } from "../db/database.ts";
import { countSignInWays, findMembership } from "../db/users.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { errorResponse } from "../http/error-responses.ts";
import { SESSION_COOKIE, type SignedIn } from "../identity/browser-sessions.ts";
import { actorOf, identify, type Caller } from "../identity/caller.ts";
import { isSameOrigin } from "../identity/origin.ts";
import { isSameSecret } from "../identity/random-secrets.ts";
import type { Env } from "../runtime/env.ts";
import { PERMISSIONS, ROLES, type Permission } from "./permissions.ts";

export interface ManagementEnv {
  Bindings: Env;
  Variables: {
    db: Db;
    /** Null on routes that are for anyone. */
    principal: Caller | null;
    /** Who is calling, as audit events name it. */
    actor: string;
    /** The workspace that the path names, whether there is one or not. */
    slug: string | undefined;
    /** The workspace of the path. */
    workspace: WorkspaceRecord;
    /** The caller's role in it; null: the operator, who is no member. */
    role: Role | null;
    /** The caller's own member there; null: a key has none. */
    memberId: string | null;
  };
}

const SAFE_METHODS = new Set(["GET", "HEAD"]);
/** A route's path may be mounted below this one. */
const MOUNT = /^\/api(?=\/)/;

type C = Context<ManagementEnv>;

/** Takes the workspace's name from the path, for `authorise`, which stands before all paths. */
export const readSlug = createMiddleware<ManagementEnv>((c, next) => {
  c.set("slug", c.req.param("workspace"));
  return next();
});

/**
 * Lets a request through to its route or says why not: who is calling, whether that one may, and whether a browser was
 * tricked into it. The one place that decides it, by one table; what the table does not list is refused.
 */
export const authorise = createMiddleware<ManagementEnv>(async (c, next) => {
  const db = openDb(c.env.DB);
  c.set("db", db);
  const route = routeOf(c);
  const permission = route === undefined ? undefined : PERMISSIONS[route];
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const principal = await identify(
    db,
    c.env.MCPNEST_OPERATOR_KEY,
    c.req.header("authorization"),
    cookie,
  );
  c.set("principal", principal);
  if (permission?.for === "anyone") {
    return SAFE_METHODS.has(c.req.method) ? next() : ((await refuseForged(c, null)) ?? next());
  }
  if (!principal) return unauthorized(c);
  c.set("actor", actorOf(principal));
  // An address that no route has is answered as such, to who is known.
  if (route === undefined) return next();
  if (!permission) return forbidden(c, "Nobody may use this route: it has no permission yet.");
  const refusal =
    (await refuseForged(c, principal)) ?? (await refuseByPermission(c, principal, permission));
  return refusal ?? next();
});

/** The route that will answer, as the router matched it: `GET /workspaces/:workspace`. */
function routeOf(c: C): string | undefined {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  // The first handler answers; what catches all addresses is no route.
  const route = matchedRoutes(c).find(
    (candidate) => candidate.method === method && !candidate.path.endsWith("*"),
  );
  return route && `${method} ${route.path.replace(MOUNT, "")}`;
}

/** Changes that come with a browser's cookie, or could leave one, must be meant by a page of ours. */
async function refuseForged(c: C, principal: Caller | null): Promise<Response | null> {
  if (SAFE_METHODS.has(c.req.method) || c.req.header("authorization") !== undefined) return null;
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    return errorResponse(c, 415, "unsupported_media_type", "Send Content-Type: application/json.");
  }
  if (!isSameOrigin(c.req.raw.headers)) {
    return errorResponse(c, 403, "csrf", "Only pages of this host may send this request.");
  }
  if (principal?.kind !== "person") return null;
  const given = c.req.header("x-csrf-token") ?? "";
  if (await isSameSecret(given, principal.signedIn.csrfToken)) return null;
  return errorResponse(c, 403, "csrf", "Send X-CSRF-Token with the csrfToken of GET /api/me.");
}

async function refuseByPermission(
  c: C,
  principal: Caller,
  permission: Permission,
): Promise<Response | null> {
  switch (permission.for) {
    case "anyone":
    case "known":
      return null;
    case "operator":
      if (principal.kind === "operator") return null;
      return forbidden(c, "This needs the operator key.");
    case "person":
      if (principal.kind !== "person") return forbidden(c, "This is for people who are signed in.");
      return refuseStalePerson(c, principal.signedIn, permission.stepUp);
    case "workspace":
      return refuseInWorkspace(c, principal, permission);
  }
}

/** Whoever is not a member learns of a workspace exactly as much as of one that does not exist. */
async function refuseInWorkspace(
  c: C,
  principal: Caller,
  { action, also, stepUp }: Extract<Permission, { for: "workspace" }>,
): Promise<Response | null> {
  const workspace = await findWorkspace(c.var.db, c.var.slug ?? "");
  const place = workspace && (await placeIn(c.var.db, workspace.id, principal));
  if (!place) return errorResponse(c, 404, "not_found", "There is no such workspace.");
  c.set("workspace", workspace);
  c.set("role", place.role);
  c.set("memberId", place.memberId);
  const { role, memberId } = place;
  if (action === "own.use" && memberId === null) {
    return forbidden(c, "This is a member's own: sign in as one.");
  }
  const body = await bodyOf(c);
  const refused = [action, ...also(body)].find((wanted) => role && !ROLES[wanted].includes(role));
  if (refused) return forbidden(c, needed(refused));
  if (principal.kind !== "person" || !stepUp(body, memberId ?? "")) return null;
  return refuseStale(c, principal.signedIn);
}

async function placeIn(
  db: Db,
  workspaceId: string,
  principal: Caller,
): Promise<{ role: Role | null; memberId: string | null } | undefined> {
  switch (principal.kind) {
    case "operator":
      return { role: null, memberId: null };
    case "key":
      if (principal.key.workspaceId !== workspaceId) return undefined;
      return { role: principal.role, memberId: null };
    case "person":
      return findMembership(db, workspaceId, principal.signedIn.user.id);
  }
}

async function refuseStalePerson(
  c: C,
  signedIn: SignedIn,
  stepUp: "never" | "always" | "with-passkeys",
): Promise<Response | null> {
  if (stepUp === "never") return null;
  const refusal = refuseStale(c, signedIn);
  if (!refusal || stepUp === "always") return refusal;
  return (await countSignInWays(c.var.db, signedIn.user.id)).passkeys === 0 ? null : refusal;
}

function refuseStale(c: C, { steppedUpUntil }: SignedIn): Response | null {
  if (steppedUpUntil !== null) return null;
  return errorResponse(
    c,
    403,
    "step_up_required",
    "Confirm with a passkey first: POST /api/me/step-up, then send this again.",
  );
}

/** A body that is no JSON object is refused further on, by its schema. */
async function bodyOf(c: C): Promise<Record<string, unknown>> {
  if (SAFE_METHODS.has(c.req.method)) return {};
  const body: unknown = await c.req.json().catch(() => undefined);
  return typeof body === "object" && body !== null ? { ...body } : {};
}

function needed(action: Action): string {
  const roles = ROLES[action];
  if (roles.length === 0) return "This needs the operator key.";
  return `This needs the role ${roles.join(" or ")} in the workspace.`;
}

function forbidden(c: C, message: string) {
  return errorResponse(c, 403, "forbidden", message);
}

function unauthorized(c: C) {
  c.header("www-authenticate", "Bearer");
  return errorResponse(
    c,
    401,
    "unauthorized",
    "Sign in, or send a key as 'Authorization: Bearer <operator key or API key>'.",
  );
}
