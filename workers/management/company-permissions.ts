import { allow, anyUser, publicRoute, userWithStepUp, type Permission } from "./permission.ts";

const always = () => true;

/** The permissions of the routes for the company's sign-in, as `PERMISSIONS`. */
export const COMPANY_PERMISSIONS: Record<string, Permission> = {
  "POST /auth/company": publicRoute,
  "GET /auth/company/callback": publicRoute,

  "POST /me/company/step-up": anyUser,
  "POST /me/company": userWithStepUp,

  "GET /workspaces/:workspace/identity-issuers": allow("sign-ins.read"),
  "POST /workspaces/:workspace/identity-issuers": allow("owner.manage", { needsStepUp: always }),
  "PATCH /workspaces/:workspace/identity-issuers/:issuer": allow("owner.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/identity-issuers/:issuer": allow("owner.manage", {
    needsStepUp: always,
  }),
  "POST /workspaces/:workspace/identity-issuers/:issuer/test": allow("owner.manage"),
  "GET /workspaces/:workspace/identity-issuers/:issuer/test": allow("owner.manage"),
};
