import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import {
  CeremonyOptions,
  Me,
  PasskeySignIn,
  RecoveryCodeSignIn,
  SignInOptions,
} from "../contract/api/people.ts";
import { findUser, findUserByEmail, hasUsers, takeRecoveryCode } from "../db/users.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorResponse } from "../http/error-responses.ts";
import { takeAttempt } from "../identity/attempts.ts";
import {
  ACCESS_HEADER,
  isAccessConfigured,
  verifyAccessAssertion,
} from "../identity/cloudflare-access.ts";
import { relyingPartyOf } from "../identity/origin.ts";
import { beginAuthentication, finishAuthentication } from "../identity/passkeys.ts";
import { digestOf } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import { signIn } from "./me-response.ts";
import { json, jsonBody, refuseInvalid } from "./responses.ts";
import { ANYBODY, ceremonyErrors, noPasskeysHere, notRecognised } from "./sign-in-responses.ts";

const tags = ["sign-in"];

/** Counts what could be an attempt to guess or to exhaust. */
export const limitAttempts = createMiddleware<ManagementEnv>(async (c, next) => {
  if (c.req.method === "GET") return next();
  const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
  const wait = await takeAttempt(c.var.db, address, Date.now());
  if (wait === null) return next();
  c.header("retry-after", String(wait));
  const message = `Too many attempts from this address: try again in ${wait} seconds.`;
  return errorResponse(c, 429, "rate_limited", message);
});

const options = createRoute({
  method: "get",
  path: "/",
  tags,
  security: ANYBODY,
  summary: "What the sign-in page can offer",
  responses: { 200: json(SignInOptions, "The ways to sign in") },
});

const beginPasskey = createRoute({
  method: "post",
  path: "/passkey/options",
  tags,
  security: ANYBODY,
  summary: "Begin to sign in with a passkey",
  responses: { 200: json(CeremonyOptions, "For startAuthentication"), ...ceremonyErrors },
});

const passkey = createRoute({
  method: "post",
  path: "/passkey",
  tags,
  security: ANYBODY,
  summary: "Sign in with a passkey",
  request: { body: jsonBody(PasskeySignIn) },
  responses: { 200: json(Me, "Signed in; the session is in the cookie"), ...ceremonyErrors },
});

const recoveryCode = createRoute({
  method: "post",
  path: "/recovery-code",
  tags,
  security: ANYBODY,
  summary: "Sign in with a recovery code, which is used up",
  request: { body: jsonBody(RecoveryCodeSignIn) },
  responses: { 200: json(Me, "Signed in"), ...ceremonyErrors },
});

const access = createRoute({
  method: "post",
  path: "/access",
  tags,
  security: ANYBODY,
  summary: "Sign in as the person whom Cloudflare Access vouches for",
  responses: { 200: json(Me, "Signed in"), ...ceremonyErrors },
});

export const auth = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(options, async (c) => {
    const found = {
      passkeys: relyingPartyOf(c.req.header("host") ?? "") !== null,
      access: isAccessConfigured(c.env) && c.req.header(ACCESS_HEADER) !== undefined,
      hasUsers: await hasUsers(c.var.db),
    };
    return c.json(found, 200);
  })
  .openapi(beginPasskey, async (c) => {
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    return c.json({ options: await beginAuthentication(c.var.db, party, "sign-in", "", []) }, 200);
  })
  .openapi(passkey, async (c) => {
    const { db } = c.var;
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const { response } = c.req.valid("json");
    const used = await finishAuthentication(db, party, "sign-in", "", response);
    const user = used && (await findUser(db, used.userId));
    if (!user) return notRecognised(c, "This passkey is not known here, or took too long.");
    return c.json(await signIn(c, user, "passkey"), 200);
  })
  .openapi(recoveryCode, async (c) => {
    const { db } = c.var;
    const userId = await takeRecoveryCode(db, await digestOf(c.req.valid("json").code.trim()));
    const user = userId === undefined ? undefined : await findUser(db, userId);
    if (!user) return notRecognised(c, "This code is not known here, or was used before.");
    return c.json(await signIn(c, user, "recovery-code"), 200);
  })
  .openapi(access, async (c) => {
    const { db } = c.var;
    const email = await verifyAccessAssertion(c.env, c.req.header(ACCESS_HEADER) ?? "");
    const user = email === undefined ? undefined : await findUserByEmail(db, email);
    if (!user) {
      const message =
        "Cloudflare Access names nobody who is known here: ask an admin for an invitation.";
      return notRecognised(c, message);
    }
    return c.json(await signIn(c, user, "access"), 200);
  });
