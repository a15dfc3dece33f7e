import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from "oauth4webapi";
import { COMPANY_CALLBACK_PATH, CompanyRedirect, CompanySignIn } from "../contract/api/company.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openValue, openWorkspaceKey } from "../crypto/workspace-key.ts";
import { findCompanySignIn, type IdentityIssuerRecord } from "../db/identity-issuers.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import {
  COMPANY_COOKIE,
  COMPANY_SIGN_IN_MS,
  sealCompanySignIn,
  type CompanyIntent,
} from "../identity/company-state.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import {
  discoverOpenId,
  toAuthorizationUrl,
  type OpenIdClient,
} from "../upstream/sign-in/openid.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonBody, jsonResponse, refuse, refuseInvalid } from "./responses.ts";
import { NO_AUTHENTICATION, SIGN_IN_ERRORS } from "./sign-in-responses.ts";

/** The provider as the gateway uses it, or a sentence why it cannot be used. */
export type OpenedProvider = { ok: true; client: OpenIdClient } | { ok: false; problem: string };

/** Where the browser goes, or a sentence why it cannot. */
type Begun = { ok: true; to: string } | { ok: false; problem: string };

const begin = createRoute({
  method: "post",
  path: "/company",
  tags: ["sign-in"],
  security: NO_AUTHENTICATION,
  summary:
    "Begin a sign-in at the company of a workspace; it ends in the browser in which it begins",
  request: { body: jsonBody(CompanySignIn) },
  responses: { 200: jsonResponse(CompanyRedirect, "The address to open"), ...SIGN_IN_ERRORS },
});

/** The route under /auth that begins a company sign-in. An unknown workspace responds as one without a company sign-in. */
export const companySignIn = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid }).openapi(
  begin,
  async (c) => {
    const { workspace: slug, to, link } = c.req.valid("json");
    const issuer = await findCompanySignIn(c.var.db, slug);
    const workspace = issuer && (await findWorkspaceById(c.var.db, issuer.workspaceId));
    if (!workspace) return refuse(c, NO_COMPANY_SIGN_IN);
    const intent: CompanyIntent = link
      ? { kind: "join", ...link }
      : { kind: "sign-in", to: to ?? null };
    const begun = await beginCompanySignIn(c, workspace, issuer, intent);
    if (!begun.ok) return refuse(c, { code: "conflict", message: begun.problem });
    return c.json({ to: begun.to }, 200);
  },
);

/** Begins a sign-in at the provider and keeps it in a cookie of this browser. */
export async function beginCompanySignIn(
  c: Context<ManagementEnv>,
  workspace: WorkspaceRecord,
  issuer: IdentityIssuerRecord,
  intent: CompanyIntent,
): Promise<Begun> {
  const opened = await openProvider(c.env, workspace, issuer);
  if (!opened.ok) return opened;
  const secrets = {
    state: generateRandomState(),
    nonce: generateRandomNonce(),
    codeVerifier: generateRandomCodeVerifier(),
  };
  const pending = {
    issuerId: issuer.id,
    workspaceId: workspace.id,
    slug: workspace.slug,
    ...secrets,
    begunAt: Date.now(),
    intent,
  };
  setCookie(c, COMPANY_COOKIE, sealCompanySignIn(c.env, pending), {
    prefix: "host",
    secure: true,
    httpOnly: true,
    // The provider sends the browser back from another site.
    sameSite: "Lax",
    path: "/",
    maxAge: COMPANY_SIGN_IN_MS / 1_000,
  });
  const to = await toAuthorizationUrl(opened.client, {
    ...secrets,
    redirectUri: toRedirectUri(c),
    scopes: issuer.settings.scopes,
    isFresh: intent.kind === "step-up",
  });
  return { ok: true, to };
}

/** The callback address, as the owner has registered it. */
export function toRedirectUri(c: Context<ManagementEnv>): string {
  return `${toOrigin(c.req.raw)}${COMPANY_CALLBACK_PATH}`;
}

/** Reads the provider's metadata and opens the client secret. */
export async function openProvider(
  env: Env,
  workspace: WorkspaceRecord,
  { id, issuer, clientId, clientSecret }: IdentityIssuerRecord,
): Promise<OpenedProvider> {
  const found = await discoverOpenId(issuer, { budgets: budgetsOf(env), ...egressOf(env) });
  if (!found.ok) return found;
  const key = await openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), workspace.wrappedKey);
  const secret =
    clientSecret === null ? null : await openValue(key, toSecretContext(id), clientSecret);
  const client = { metadata: found.metadata, clientId: clientId ?? "", clientSecret: secret };
  return { ok: true, client };
}

/** What a client secret is sealed for. */
export function toSecretContext(issuerId: string): string[] {
  return ["identity_issuer", issuerId];
}

/** Refusal of a workspace without a company sign-in, and of an unknown one. */
export const NO_COMPANY_SIGN_IN = {
  code: "not_found",
  message: "There is no company sign-in under this name. Check the workspace’s short name.",
} as const;
