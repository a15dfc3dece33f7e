import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { CompanyBinding, CompanyRedirect, CompanyStepUp } from "../contract/api/company.ts";
import { findCompanySignIn, findIdentityIssuer } from "../db/identity-issuers.ts";
import { findMembership } from "../db/users.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import { beginCompanySignIn, NO_COMPANY_SIGN_IN } from "./company-sign-in.ts";
import { jsonBody, jsonResponse, refuse, refuseInvalid, WRITE_ERRORS } from "./responses.ts";
import { requireBrowserSession } from "./signed-in-user.ts";

const tags = ["me"];

const stepUp = createRoute({
  method: "post",
  path: "/company/step-up",
  tags,
  summary: "Begin a fresh sign-in at the company, which allows sensitive actions for five minutes",
  request: { body: jsonBody(CompanyStepUp) },
  responses: { 200: jsonResponse(CompanyRedirect, "The address to open"), ...WRITE_ERRORS },
});

const bind = createRoute({
  method: "post",
  path: "/company",
  tags,
  summary: "Begin to connect your company account with your member in a workspace",
  request: { body: jsonBody(CompanyBinding) },
  responses: { 200: jsonResponse(CompanyRedirect, "The address to open"), ...WRITE_ERRORS },
});

/** Routes under /me for the company account of the signed-in user. */
export const meCompany = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(stepUp, async (c) => {
    const { db } = c.var;
    const { id: sessionId, workspaceId, issuerId } = requireBrowserSession(c).record;
    const issuer =
      workspaceId === null ? undefined : await findIdentityIssuer(db, workspaceId, issuerId ?? "");
    const workspace = issuer && (await findWorkspaceById(db, issuer.workspaceId));
    if (!workspace) return refuse(c, NOT_BY_COMPANY);
    const intent = { kind: "step-up", sessionId, to: c.req.valid("json").to } as const;
    const begun = await beginCompanySignIn(c, workspace, issuer, intent);
    if (!begun.ok) return refuse(c, { code: "conflict", message: begun.problem });
    return c.json({ to: begun.to }, 200);
  })
  .openapi(bind, async (c) => {
    const { db } = c.var;
    const { user, record } = requireBrowserSession(c);
    const issuer = await findCompanySignIn(db, c.req.valid("json").workspace);
    const membership = issuer && (await findMembership(db, issuer.workspaceId, user.id));
    const workspace = membership && (await findWorkspaceById(db, issuer.workspaceId));
    if (!workspace) return refuse(c, NO_COMPANY_SIGN_IN);
    const intent = { kind: "bind", sessionId: record.id } as const;
    const begun = await beginCompanySignIn(c, workspace, issuer, intent);
    if (!begun.ok) return refuse(c, { code: "conflict", message: begun.problem });
    return c.json({ to: begun.to }, 200);
  });

const NOT_BY_COMPANY = {
  code: "conflict",
  message: "Your company’s sign-in did not begin this session. Confirm with a passkey.",
} as const;
