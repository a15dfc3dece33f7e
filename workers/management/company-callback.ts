import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import { z } from "zod";
import { keepCompanyTokens } from "../connections/company-tokens.ts";
import type { CompanyProblem } from "../contract/api/company.ts";
import type { User } from "../contract/api/people.ts";
import { findIdentityIssuer, type IdentityIssuerRecord } from "../db/identity-issuers.ts";
import { findMemberByIdentity } from "../db/member-identities.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import {
  findBrowserSession,
  SESSION_COOKIE,
  stepUpSession,
  type BrowserSession,
} from "../identity/browser-sessions.ts";
import {
  COMPANY_COOKIE,
  takeCompanySignIn,
  type PendingCompanySignIn,
} from "../identity/company-state.ts";
import { logEvent } from "../runtime/log.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { redeemOpenIdCode, type RedeemedIdentity } from "../upstream/sign-in/openid.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  bindToUser,
  findCompanyPerson,
  findRefusal,
  joinByCompany,
  toIdentity,
  type CompanyIdentity,
  type CompanyPerson,
} from "./company-person.ts";
import { openProvider, toRedirectUri } from "./company-sign-in.ts";
import { keepTest } from "./company-tests.ts";
import { NO_AUTHENTICATION } from "./sign-in-responses.ts";
import { setSessionCookie, signIn } from "./signed-in-user.ts";

type C = Context<ManagementEnv>;

const callback = createRoute({
  method: "get",
  path: "/company/callback",
  tags: ["sign-in"],
  security: NO_AUTHENTICATION,
  summary: "Where the company’s provider sends the browser back",
  request: { query: z.looseObject({}) },
  responses: { 303: { description: "The page of the dashboard that follows" } },
});

/**
 * The route under /auth that ends a company sign-in. It must end in the browser in which it began, once, within ten minutes.
 * Every failure leads to a page that says what to do; the reason is a code, and nothing of the provider's is in the address.
 */
export const companyCallback = new OpenAPIHono<ManagementEnv>().openapi(callback, async (c) => {
  const parameters = new URL(c.req.url).searchParams;
  const cookie = getCookie(c, COMPANY_COOKIE, "host") ?? "";
  deleteCookie(c, COMPANY_COOKIE, { prefix: "host", secure: true, path: "/" });
  const state = parameters.get("state") ?? "";
  const pending = await takeCompanySignIn(c.env, c.var.db, cookie, state);
  if (!pending) return c.redirect(toProblemPage(null, "expired"), 303);
  return c.redirect(await finish(c, pending, parameters), 303);
});

async function finish(
  c: C,
  pending: PendingCompanySignIn,
  parameters: URLSearchParams,
): Promise<string> {
  const { db } = c.var;
  const { workspaceId, issuerId, intent } = pending;
  const session = await findOwnSession(c, pending);
  if (session === null) return toProblemPage(pending, "session");
  const issuer = await findIdentityIssuer(db, workspaceId, issuerId);
  const workspace = await findWorkspaceById(db, workspaceId);
  // An issuer that was switched off meanwhile is only tested.
  if (!issuer || !workspace || (intent.kind !== "test" && !issuer.isEnabled))
    return toProblemPage(pending, "expired");
  const redeemed = await redeem(c, pending, issuer, workspace, parameters);
  if (intent.kind === "test") {
    await keepTest(c.env, db, workspace, issuer, redeemed);
    return toReturnPage(pending);
  }
  if (!redeemed.ok) {
    logEvent({ event: "company_sign_in_failed", workspace: workspaceId, issuer: issuerId });
    return toProblemPage(pending, "provider");
  }
  const company = { env: c.env, db, workspace, issuer, claims: redeemed.claims };
  if (intent.kind === "step-up") return finishStepUp(c, pending, company, session);
  const person = await findPerson(company, pending, session?.user ?? null);
  if (!person.ok) return toProblemPage(pending, person.problem);
  await keepCompanyTokens(company, redeemed);
  if (intent.kind !== "bind") await signIn(c, person.user, "company", { workspaceId, issuerId });
  return toReturnPage(pending);
}

function findPerson(
  company: CompanyIdentity,
  { intent }: PendingCompanySignIn,
  user: User | null,
): Promise<CompanyPerson> {
  if (intent.kind === "join") return joinByCompany(company, intent.secret, intent.name);
  return intent.kind === "bind" && user ? bindToUser(company, user) : findCompanyPerson(company);
}

/** The session in which a sign-in began that belongs to one; undefined: it belongs to none. Null: it began in another one. */
async function findOwnSession(
  c: C,
  { intent }: PendingCompanySignIn,
): Promise<BrowserSession | undefined | null> {
  if (!("sessionId" in intent)) return undefined;
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const session = cookie ? await findBrowserSession(c.var.db, cookie) : undefined;
  return session?.record.id === intent.sessionId ? session : null;
}

async function redeem(
  c: C,
  { state, nonce, codeVerifier, begunAt, intent }: PendingCompanySignIn,
  issuer: IdentityIssuerRecord,
  workspace: Parameters<typeof openProvider>[1],
  parameters: URLSearchParams,
): Promise<RedeemedIdentity> {
  const opened = await openProvider(c.env, workspace, issuer);
  if (!opened.ok) return opened;
  const { groupsClaim, readsUserinfo } = issuer.settings;
  const code = {
    parameters,
    redirectUri: toRedirectUri(c),
    state,
    nonce,
    codeVerifier,
    freshSince: intent.kind === "step-up" ? begunAt : null,
    wantedClaim: readsUserinfo ? groupsClaim : null,
  };
  return redeemOpenIdCode(opened.client, code, { budgets: budgetsOf(c.env), ...egressOf(c.env) });
}

/** The person who proves again who they are must be the one of the session. */
async function finishStepUp(
  c: C,
  pending: PendingCompanySignIn,
  company: CompanyIdentity,
  session: BrowserSession | undefined,
): Promise<string> {
  const { issuer, subject } = toIdentity(company);
  const member = await findMemberByIdentity(c.var.db, company.workspace.id, issuer, subject);
  const isRefused = (await findRefusal(company, member)) !== null;
  const isSame = session && member?.userId === session.user.id && !isRefused;
  const renewed = isSame ? await stepUpSession(c.var.db, session) : undefined;
  if (!renewed) return toProblemPage(pending, "step_up");
  setSessionCookie(c, renewed.secret);
  return toReturnPage(pending);
}

function toReturnPage({ slug, intent }: PendingCompanySignIn): string {
  switch (intent.kind) {
    case "sign-in":
      return toOwnPage(intent.to) ?? `/w/${slug}`;
    case "step-up":
      return toOwnPage(intent.to) ?? `/w/${slug}`;
    case "join":
      return `/w/${slug}/connect?welcome=true`;
    case "bind":
      return "/account?bound=true";
    case "test":
      return `/w/${slug}/settings/company-sign-in`;
  }
}

/** Null: the address leads to another site. Browsers take `/\` for `//`, and leave out tabs and line breaks. */
function toOwnPage(path: string | null): string | null {
  const base = "https://own.invalid";
  if (path === null || !URL.canParse(path, base)) return null;
  const { origin, pathname, search } = new URL(path, base);
  return path.startsWith("/") && origin === base && !pathname.startsWith("//")
    ? pathname + search
    : null;
}

function toProblemPage(pending: PendingCompanySignIn | null, problem: CompanyProblem): string {
  const workspace = pending ? `workspace=${pending.slug}&` : "";
  const kind = pending?.intent.kind;
  if (kind === "bind" || kind === "step-up") return `/account?problem=${problem}`;
  if (kind === "test") return `/w/${pending?.slug}/settings/company-sign-in?problem=${problem}`;
  return `/sign-in?${workspace}problem=${problem}`;
}
