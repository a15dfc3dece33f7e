import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import {
  CeremonyOptions,
  Me,
  PasskeySignIn,
  RecoveryCodeSignIn,
  SignInOptions,
} from "../contract/api/people.ts";
import type { Db } from "../db/database.ts";
import { findCompanySignIn } from "../db/identity-issuers.ts";
import {
  consumeRecoveryCode,
  findRecoveryCodeUser,
  findUser,
  findUserByEmail,
  hasUsers,
  recordPersonEvent,
} from "../db/users.ts";
import { authFailuresOf } from "../http/auth-failures.ts";
import { clientAddress } from "../http/client-address.ts";
import { respondLimited } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import {
  ACCESS_HEADER,
  isAccessConfigured,
  verifyAccessAssertion,
} from "../identity/cloudflare-access.ts";
import { toRelyingParty } from "../identity/origin.ts";
import { beginAuthentication, finishAuthentication } from "../identity/passkeys.ts";
import { digestSecret } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, jsonBody, refuseInvalid } from "./responses.ts";
import {
  NO_AUTHENTICATION,
  SIGN_IN_ERRORS,
  respondNoPasskeySupport,
  respondNotRecognized,
} from "./sign-in-responses.ts";
import { signIn } from "./signed-in-user.ts";

const tags = ["sign-in"];

/** Limits the requests at the sign-in routes by client address, and their failures, against guessing of secrets. */
export const limitSignIns = createMiddleware<ManagementEnv>(async (c, next) => {
  const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
  if (!(await passesStrangerLimit(c.env, address))) return respondLimited(c, STRANGER_WAIT_SECONDS);
  // Neither carries a secret that could be guessed.
  if (c.req.method === "GET" || c.req.path.endsWith("/auth/passkey/options")) return next();
  const failures = authFailuresOf(c.env, address);
  const seconds = await failures.take(address);
  if (seconds !== null) return respondLimited(c, seconds);
  await next();
  if (c.res.ok) await failures.forgive(address);
  return undefined;
});

const options = createRoute({
  method: "get",
  path: "/",
  tags,
  security: NO_AUTHENTICATION,
  summary: "List the available sign-in methods, also that of a workspace’s company",
  request: { query: z.object({ workspace: z.string().max(100).optional() }) },
  responses: { 200: jsonResponse(SignInOptions, "The sign-in methods") },
});

const beginPasskey = createRoute({
  method: "post",
  path: "/passkey/options",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Start a sign-in with a passkey",
  responses: {
    200: jsonResponse(CeremonyOptions, "Options for startAuthentication"),
    ...SIGN_IN_ERRORS,
  },
});

const passkey = createRoute({
  method: "post",
  path: "/passkey",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Sign in with a passkey",
  request: { body: jsonBody(PasskeySignIn) },
  responses: {
    200: jsonResponse(Me, "The signed-in user; the session is in the cookie"),
    ...SIGN_IN_ERRORS,
  },
});

const recoveryCode = createRoute({
  method: "post",
  path: "/recovery-code",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Sign in with a recovery code; each code works once",
  request: { body: jsonBody(RecoveryCodeSignIn) },
  responses: {
    200: jsonResponse(Me, "The signed-in user; the session is in the cookie"),
    ...SIGN_IN_ERRORS,
  },
});

const access = createRoute({
  method: "post",
  path: "/access",
  tags,
  security: NO_AUTHENTICATION,
  summary: "Sign in as the user of Cloudflare Access",
  responses: {
    200: jsonResponse(Me, "The signed-in user; the session is in the cookie"),
    ...SIGN_IN_ERRORS,
  },
});

/** Routes under /auth for sign-in. */
export const auth = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(options, async (c) => {
    const { workspace } = c.req.valid("query");
    const company = workspace ? await findCompanySignIn(c.var.db, workspace) : undefined;
    const methods = {
      passkeys: toRelyingParty(c.req.header("host") ?? "") !== null,
      access: isAccessConfigured(c.env) && c.req.header(ACCESS_HEADER) !== undefined,
      hasUsers: await hasUsers(c.var.db),
      company: company ? { name: company.name } : null,
    };
    return c.json(methods, 200);
  })
  .openapi(beginPasskey, async (c) => {
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    return c.json({ options: await beginAuthentication(c.env, party, "sign-in", "", []) }, 200);
  })
  .openapi(passkey, async (c) => {
    const { db } = c.var;
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const { response } = c.req.valid("json");
    const usedPasskey = await finishAuthentication(c.env, db, party, "sign-in", "", response);
    const user = usedPasskey && (await findUser(db, usedPasskey.userId));
    if (!user)
      return respondNotRecognized(
        c,
        "This passkey is unknown, or the sign-in took too long. Try again.",
      );
    return c.json(await signIn(c, user, "passkey"), 200);
  })
  .openapi(recoveryCode, async (c) => {
    const { db } = c.var;
    const digest = await digestSecret(c.req.valid("json").code.trim());
    const userId = await consumeRecoveryCode(db, digest, Date.now());
    const user = userId === undefined ? undefined : await findUser(db, userId);
    if (!user) {
      await recordRefusedCode(db, digest);
      return respondNotRecognized(
        c,
        "This recovery code is unknown or was used before. Use another one.",
      );
    }
    return c.json(await signIn(c, user, "recovery-code"), 200);
  })
  .openapi(access, async (c) => {
    const { db } = c.var;
    const email = await verifyAccessAssertion(c.env, c.req.header(ACCESS_HEADER) ?? "");
    const user = email === undefined ? undefined : await findUserByEmail(db, email);
    if (!user) {
      const message =
        "Cloudflare Access did not identify a user of this gateway. Ask an admin for an invitation.";
      return respondNotRecognized(c, message);
    }
    return c.json(await signIn(c, user, "access"), 200);
  });

/** Records the second use of a code: another person can have it. An unknown code has no person. */
async function recordRefusedCode(db: Db, digest: string): Promise<void> {
  const userId = await findRecoveryCodeUser(db, digest);
  if (userId === undefined) return;
  const event = makeAuditEvent("anonymous", "recovery_code.refused", `user:${userId}`, {
    reason: "used_before",
  });
  await recordPersonEvent(db, userId, event);
}
