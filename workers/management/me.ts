import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { deleteCookie } from "hono/cookie";
import { z } from "zod";
import {
  CeremonyOptions,
  SignInLinkInput,
  Me,
  MePatch,
  PasskeySignIn,
  BrowserSessionSummary,
} from "../contract/api/people.ts";
import {
  deleteOtherBrowserSessions,
  deleteBrowserSession,
  listBrowserSessions,
  type BrowserSessionRecord,
} from "../db/browser-sessions.ts";
import { findMembership, listPasskeys, updateUser } from "../db/users.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { SESSION_IDLE_MS, SESSION_COOKIE, stepUpSession } from "../identity/browser-sessions.ts";
import { toRelyingParty } from "../identity/origin.ts";
import { beginAuthentication, finishAuthentication } from "../identity/passkeys.ts";
import { findSignInLink } from "../identity/sign-in-links.ts";
import type { ManagementEnv } from "./authorize.ts";
import { endTemporaryTokens } from "./end-temporary-tokens.ts";
import { acceptSignInLink, ALREADY_MEMBER, LINK_UNUSABLE } from "./link-acceptance.ts";
import {
  jsonResponse,
  jsonBody,
  toListSchema,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";
import { respondNoPasskeySupport, respondNotRecognized } from "./sign-in-responses.ts";
import { requireBrowserSession, setSessionCookie, toMe } from "./signed-in-user.ts";

const tags = ["me"];

const get = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Get the signed-in user",
  responses: { 200: jsonResponse(Me, "The user, the session and the memberships"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/",
  tags,
  summary: "Change your name",
  request: { body: jsonBody(MePatch) },
  responses: { 200: jsonResponse(Me, "The updated user"), ...WRITE_ERRORS },
});

const signOut = createRoute({
  method: "delete",
  path: "/session",
  tags,
  summary: "Sign out",
  responses: { 204: { description: "Signed out" }, ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/sessions",
  tags,
  summary: "List your browser sessions, the last used first",
  responses: {
    200: jsonResponse(toListSchema(BrowserSessionSummary), "Your browser sessions"),
    ...READ_ERRORS,
  },
});

const endOthers = createRoute({
  method: "delete",
  path: "/sessions",
  tags,
  summary: "End all your other browser sessions",
  responses: { 204: { description: "The other sessions are ended" }, ...WRITE_ERRORS },
});

const end = createRoute({
  method: "delete",
  path: "/sessions/{session}",
  tags,
  summary: "End one of your browser sessions; it stops working immediately",
  request: { params: z.object({ session: z.string() }) },
  responses: { 204: { description: "The session is ended" }, ...WRITE_ERRORS },
});

const beginStepUp = createRoute({
  method: "post",
  path: "/step-up/options",
  tags,
  summary: "Start a step-up: a passkey check for sensitive actions",
  responses: {
    200: jsonResponse(CeremonyOptions, "Options for startAuthentication"),
    ...WRITE_ERRORS,
  },
});

const finishStepUp = createRoute({
  method: "post",
  path: "/step-up",
  tags,
  summary: "Finish a step-up; sensitive actions are allowed for five minutes",
  request: { body: jsonBody(PasskeySignIn) },
  responses: {
    200: jsonResponse(Me, "The user; the session has a new cookie and csrfToken"),
    ...WRITE_ERRORS,
  },
});

const join = createRoute({
  method: "post",
  path: "/invitations",
  tags,
  summary: "Accept an invitation as the signed-in user",
  request: { body: jsonBody(SignInLinkInput) },
  responses: { 200: jsonResponse(Me, "The user with the new membership"), ...WRITE_ERRORS },
});

/** Routes under /me: the signed-in user and the user's browser sessions. */
export const me = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) => c.json(await toMe(c.var.db, requireBrowserSession(c)), 200))
  .openapi(update, async (c) => {
    const { db } = c.var;
    const session = requireBrowserSession(c);
    const { name } = c.req.valid("json");
    const { id, name: oldName } = session.user;
    const detail = { name, before: { name: oldName } };
    await updateUser(db, id, { name }, makeAuditEvent(id, "user.updated", `user:${id}`, detail));
    return c.json(await toMe(db, { ...session, user: { ...session.user, name } }), 200);
  })
  .openapi(signOut, async (c) => {
    const { user, record } = requireBrowserSession(c);
    const event = makeAuditEvent(user.id, "session.ended", `session:${record.id}`);
    await deleteBrowserSession(c.var.db, user.id, record.id, event);
    await endTemporaryTokens(c.env, c.var.db, user.id);
    deleteCookie(c, SESSION_COOKIE, { prefix: "host", secure: true, path: "/" });
    c.header("clear-site-data", '"cache","cookies","storage"');
    return c.body(null, 204);
  })
  .openapi(list, async (c) => {
    const { user, record } = requireBrowserSession(c);
    const now = Date.now();
    const records = await listBrowserSessions(c.var.db, user.id, now, now - SESSION_IDLE_MS);
    // A session that a company's sign-in began shows those of that company only.
    const shown = records.filter(
      ({ workspaceId }) => record.workspaceId === null || workspaceId === record.workspaceId,
    );
    return c.json({ items: shown.map((item) => toSummary(item, record.id)) }, 200);
  })
  .openapi(endOthers, async (c) => {
    const { user, record } = requireBrowserSession(c);
    const event = makeAuditEvent(user.id, "session.others_ended", `session:${record.id}`);
    await deleteOtherBrowserSessions(c.var.db, user.id, record.id, event);
    await endTemporaryTokens(c.env, c.var.db, user.id);
    return c.body(null, 204);
  })
  .openapi(end, async (c) => {
    const { user } = requireBrowserSession(c);
    const id = c.req.valid("param").session;
    const event = makeAuditEvent(user.id, "session.ended", `session:${id}`);
    const ended = await deleteBrowserSession(c.var.db, user.id, id, event);
    await endTemporaryTokens(c.env, c.var.db, user.id);
    return ended ? c.body(null, 204) : refuse(c, SESSION_NOT_FOUND);
  })
  .openapi(beginStepUp, async (c) => {
    const { db } = c.var;
    const { user, record } = requireBrowserSession(c);
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const passkeys = await listPasskeys(db, user.id);
    if (passkeys.length === 0) return refuse(c, NO_PASSKEY);
    const options = await beginAuthentication(c.env, party, "step-up", record.id, passkeys);
    return c.json({ options }, 200);
  })
  .openapi(finishStepUp, async (c) => {
    const { db } = c.var;
    const session = requireBrowserSession(c);
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const { response } = c.req.valid("json");
    const subject = session.record.id;
    const passkey = await finishAuthentication(c.env, db, party, "step-up", subject, response);
    if (passkey?.userId !== session.user.id) {
      return respondNotRecognized(
        c,
        "This is not one of your passkeys, or the check took too long. Try again.",
      );
    }
    const renewed = await stepUpSession(db, session);
    if (!renewed) return respondNotRecognized(c, "Your session has ended. Sign in again.");
    setSessionCookie(c, renewed.secret);
    return c.json(await toMe(db, renewed.session), 200);
  })
  .openapi(join, async (c) => {
    const { db } = c.var;
    const session = requireBrowserSession(c);
    const { secret } = c.req.valid("json");
    const link = await findSignInLink(db, secret);
    if (link?.kind !== "invitation" || link.workspaceId === null) return refuse(c, LINK_UNUSABLE);
    // Checked before the link is consumed, so that the invited person can still use it.
    if (await findMembership(db, link.workspaceId, session.user.id)) {
      return refuse(c, ALREADY_MEMBER);
    }
    const accepted = await acceptSignInLink(c.env, secret, { kind: "user", user: session.user });
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await toMe(db, session), 200);
  });

function toSummary(record: BrowserSessionRecord, current: string): BrowserSessionSummary {
  const { id, method, userAgent, createdAt, lastSeenAt, expiresAt } = record;
  return { id, method, userAgent, createdAt, lastSeenAt, expiresAt, isCurrent: id === current };
}

const SESSION_NOT_FOUND = { code: "not_found", message: "You have no such session." } as const;
const NO_PASSKEY = {
  code: "conflict",
  message: "You have no passkey. Add one first.",
} as const;
