import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { deleteCookie } from "hono/cookie";
import { z } from "zod";
import {
  CeremonyOptions,
  LinkQuery,
  Me,
  MePatch,
  PasskeySignIn,
  SessionFacts,
} from "../contract/api/people.ts";
import {
  deleteOtherSessions,
  deleteSession,
  listSessions,
  type SessionRecord,
} from "../db/sessions.ts";
import { findMembership, listPasskeys, updateUser } from "../db/users.ts";
import { IDLE_MS, SESSION_COOKIE, stepUp } from "../identity/browser-sessions.ts";
import { toEvent } from "../identity/events.ts";
import { readLink } from "../identity/links.ts";
import { relyingPartyOf } from "../identity/origin.ts";
import { beginAuthentication, finishAuthentication } from "../identity/passkeys.ts";
import type { ManagementEnv } from "./authorize.ts";
import { acceptLink } from "./link-acceptance.ts";
import { signedInAnswer, signedInOf, toMe } from "./me-response.ts";
import {
  json,
  jsonBody,
  listOf,
  readErrors,
  refuse,
  refuseInvalid,
  writeErrors,
} from "./responses.ts";
import { noPasskeysHere, notRecognised, spentLink } from "./sign-in-responses.ts";

const tags = ["me"];

const get = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Who is signed in",
  responses: { 200: json(Me, "The person, the session and the workspaces"), ...readErrors },
});

const update = createRoute({
  method: "patch",
  path: "/",
  tags,
  summary: "Change one's name",
  request: { body: jsonBody(MePatch) },
  responses: { 200: json(Me, "As it is now"), ...writeErrors },
});

const signOut = createRoute({
  method: "delete",
  path: "/session",
  tags,
  summary: "Sign out",
  responses: { 204: { description: "Signed out" }, ...writeErrors },
});

const list = createRoute({
  method: "get",
  path: "/sessions",
  tags,
  summary: "Where one is signed in, the last used first",
  responses: { 200: json(listOf(SessionFacts), "The sessions"), ...readErrors },
});

const endOthers = createRoute({
  method: "delete",
  path: "/sessions",
  tags,
  summary: "Sign out everywhere else",
  responses: { 204: { description: "Only this session is left" }, ...writeErrors },
});

const end = createRoute({
  method: "delete",
  path: "/sessions/{session}",
  tags,
  summary: "End a session; it is dead at once",
  request: { params: z.object({ session: z.string() }) },
  responses: { 204: { description: "It is over" }, ...writeErrors },
});

const beginStepUp = createRoute({
  method: "post",
  path: "/step-up/options",
  tags,
  summary: "Begin to confirm with a passkey",
  responses: { 200: json(CeremonyOptions, "For startAuthentication"), ...writeErrors },
});

const finishStepUp = createRoute({
  method: "post",
  path: "/step-up",
  tags,
  summary: "Confirm with a passkey; for five minutes dangerous actions are open",
  request: { body: jsonBody(PasskeySignIn) },
  responses: { 200: json(Me, "The session has a new cookie and a new csrfToken"), ...writeErrors },
});

const join = createRoute({
  method: "post",
  path: "/invitations",
  tags,
  summary: "Accept an invitation as the person who is signed in",
  request: { body: jsonBody(LinkQuery) },
  responses: { 200: json(Me, "With the new workspace"), ...writeErrors },
});

export const me = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) => c.json(await toMe(c.var.db, signedInOf(c)), 200))
  .openapi(update, async (c) => {
    const { db } = c.var;
    const signedIn = signedInOf(c);
    const { name } = c.req.valid("json");
    const { id } = signedIn.user;
    await updateUser(db, id, { name }, toEvent(id, "user.updated", `user:${id}`, { name }));
    return c.json(await toMe(db, { ...signedIn, user: { ...signedIn.user, name } }), 200);
  })
  .openapi(signOut, async (c) => {
    const { user, session } = signedInOf(c);
    const event = toEvent(user.id, "session.ended", `session:${session.id}`);
    await deleteSession(c.var.db, user.id, session.id, event);
    deleteCookie(c, SESSION_COOKIE, { prefix: "host", secure: true, path: "/" });
    c.header("clear-site-data", '"cache","cookies","storage"');
    return c.body(null, 204);
  })
  .openapi(list, async (c) => {
    const { user, session } = signedInOf(c);
    const now = Date.now();
    const records = await listSessions(c.var.db, user.id, now, now - IDLE_MS);
    return c.json({ items: records.map((record) => toFacts(record, session.id)) }, 200);
  })
  .openapi(endOthers, async (c) => {
    const { user, session } = signedInOf(c);
    const event = toEvent(user.id, "session.others_ended", `session:${session.id}`);
    await deleteOtherSessions(c.var.db, user.id, session.id, event);
    return c.body(null, 204);
  })
  .openapi(end, async (c) => {
    const { user } = signedInOf(c);
    const id = c.req.valid("param").session;
    const event = toEvent(user.id, "session.ended", `session:${id}`);
    const ended = await deleteSession(c.var.db, user.id, id, event);
    return ended ? c.body(null, 204) : refuse(c, NO_SESSION);
  })
  .openapi(beginStepUp, async (c) => {
    const { db } = c.var;
    const { user, session } = signedInOf(c);
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const own = await listPasskeys(db, user.id);
    if (own.length === 0) return refuse(c, NO_PASSKEY);
    const options = await beginAuthentication(db, party, "step-up", session.id, own);
    return c.json({ options }, 200);
  })
  .openapi(finishStepUp, async (c) => {
    const { db } = c.var;
    const signedIn = signedInOf(c);
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const { response } = c.req.valid("json");
    const used = await finishAuthentication(db, party, "step-up", signedIn.session.id, response);
    if (used?.userId !== signedIn.user.id) {
      return notRecognised(c, "This is not one of your passkeys, or it took too long: try again.");
    }
    const renewed = await stepUp(db, signedIn);
    if (!renewed) return notRecognised(c, "The session is over: sign in again.");
    return c.json(await signedInAnswer(c, renewed), 200);
  })
  .openapi(join, async (c) => {
    const { db } = c.var;
    const signedIn = signedInOf(c);
    const { secret } = c.req.valid("json");
    const link = await readLink(db, secret);
    if (link?.kind !== "invitation" || link.workspaceId === null) return spentLink(c);
    // Asked before, so that the link stays good for whom it is meant.
    if (await findMembership(db, link.workspaceId, signedIn.user.id)) {
      return refuse(c, ALREADY_MEMBER);
    }
    const accepted = await acceptLink(c.env, secret, { kind: "user", user: signedIn.user });
    if (accepted === "spent") return spentLink(c);
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await toMe(db, signedIn), 200);
  });

function toFacts(record: SessionRecord, current: string): SessionFacts {
  const { id, method, userAgent, createdAt, lastSeenAt, expiresAt } = record;
  return { id, method, userAgent, createdAt, lastSeenAt, expiresAt, isCurrent: id === current };
}

const NO_SESSION = { code: "not_found", message: "You have no such session." } as const;
const NO_PASSKEY = {
  code: "conflict",
  message: "You have no passkey yet: add one first.",
} as const;
const ALREADY_MEMBER = {
  code: "conflict",
  message: "You are a member of this workspace already.",
} as const;
