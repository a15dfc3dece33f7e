import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import {
  CeremonyOptions,
  SignInLinkSummary,
  SignInLinkPasskey,
  SignInLinkUser,
  SignInLinkInput,
  Me,
} from "../contract/api/people.ts";
import type { Db } from "../db/database.ts";
import { findMember } from "../db/members.ts";
import type { SignInLinkRecord } from "../db/sign-in-links.ts";
import { findUser, findUserByEmail, listPasskeys } from "../db/users.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { ACCESS_HEADER, verifyAccessAssertion } from "../identity/cloudflare-access.ts";
import { toRelyingParty } from "../identity/origin.ts";
import { beginRegistration, finishRegistration } from "../identity/passkeys.ts";
import { findSignInLink } from "../identity/sign-in-links.ts";
import type { ManagementEnv } from "./authorize.ts";
import { acceptSignInLink, LINK_UNUSABLE, newUserId } from "./link-acceptance.ts";
import { jsonResponse, jsonBody, refuse, refuseInvalid } from "./responses.ts";
import {
  NO_AUTHENTICATION,
  SIGN_IN_ERRORS,
  respondNoPasskeySupport,
  respondNotRecognized,
} from "./sign-in-responses.ts";
import { signIn } from "./signed-in-user.ts";

const tags = ["sign-in"];

const get = createRoute({
  method: "post",
  path: "/link",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Get the purpose of a single-use link without using it",
  request: { body: jsonBody(SignInLinkInput) },
  responses: { 200: jsonResponse(SignInLinkSummary, "The valid link"), ...SIGN_IN_ERRORS },
});

const beginPasskey = createRoute({
  method: "post",
  path: "/link/passkey/options",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Start the registration of a passkey for a single-use link",
  request: { body: jsonBody(SignInLinkUser) },
  responses: {
    200: jsonResponse(CeremonyOptions, "Options for startRegistration"),
    ...SIGN_IN_ERRORS,
  },
});

const passkey = createRoute({
  method: "post",
  path: "/link/passkey",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Accept a single-use link with a new passkey, and sign in",
  request: { body: jsonBody(SignInLinkPasskey) },
  responses: {
    200: jsonResponse(Me, "The signed-in user; the session is in the cookie"),
    ...SIGN_IN_ERRORS,
  },
});

const access = createRoute({
  method: "post",
  path: "/link/access",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Accept a single-use link as the user of Cloudflare Access, and sign in",
  request: { body: jsonBody(SignInLinkUser) },
  responses: {
    200: jsonResponse(Me, "The signed-in user; the session is in the cookie"),
    ...SIGN_IN_ERRORS,
  },
});

/** Routes under /auth that accept single-use links: invitations, setup links and recovery links. */
export const authLinks = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) => {
    const link = await findSignInLink(c.var.db, c.req.valid("json").secret);
    return link ? c.json(await toLinkSummary(c.var.db, link), 200) : refuse(c, LINK_UNUSABLE);
  })
  .openapi(beginPasskey, async (c) => {
    const { db } = c.var;
    const { secret, name } = c.req.valid("json");
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const link = await findSignInLink(db, secret);
    if (!link) return refuse(c, LINK_UNUSABLE);
    const user = link.userId === null ? { id: newUserId(), name } : await findUser(db, link.userId);
    if (!user) return refuse(c, LINK_UNUSABLE);
    const existing = await listPasskeys(db, user.id);
    return c.json({ options: await beginRegistration(c.env, party, "link", user, existing) }, 200);
  })
  .openapi(passkey, async (c) => {
    const { db } = c.var;
    const { secret, name, response } = c.req.valid("json");
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const newPasskey = await finishRegistration(
      c.env,
      db,
      party,
      "link",
      "First passkey",
      response,
    );
    if (!newPasskey) return respondNotRecognized(c, "The passkey was not accepted. Try again.");
    const accepter = { kind: "passkey", name, passkey: newPasskey } as const;
    const accepted = await acceptSignInLink(c.env, secret, accepter);
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await signIn(c, accepted.user, "passkey"), 200);
  })
  .openapi(access, async (c) => {
    const { db } = c.var;
    const { secret, name } = c.req.valid("json");
    const email = await verifyAccessAssertion(c.env, c.req.header(ACCESS_HEADER) ?? "");
    if (email === undefined)
      return respondNotRecognized(c, "Cloudflare Access did not identify you.");
    const user = await findUserByEmail(db, email);
    const accepted = await acceptSignInLink(
      c.env,
      secret,
      user ? { kind: "user", user } : { kind: "email", name, email },
    );
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await signIn(c, accepted.user, "access"), 200);
  });

async function toLinkSummary(db: Db, link: SignInLinkRecord): Promise<SignInLinkSummary> {
  const { kind, expiresAt } = link;
  const workspace =
    link.workspaceId === null ? undefined : await findWorkspaceById(db, link.workspaceId);
  const member =
    link.workspaceId === null || link.memberId === null
      ? undefined
      : await findMember(db, link.workspaceId, link.memberId);
  const user = link.userId === null ? undefined : await findUser(db, link.userId);
  return {
    kind,
    name: user?.name ?? member?.name ?? null,
    workspace: workspace ? { slug: workspace.slug, name: workspace.name } : null,
    role: member?.role ?? (kind === "setup" ? "owner" : null),
    expiresAt,
  };
}
