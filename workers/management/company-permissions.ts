import { allow, anyUser, publicRoute, userWithStepUp, type Permission } from "./permission.ts";

const always = () => true;

/** The permissions of the routes for the company's sign-in and for issuers of identity assertions, as `PERMISSIONS`. */
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

  "GET /workspaces/:workspace/scim": allow("sign-ins.read"),
  "GET /workspaces/:workspace/scim/members": allow("member.read"),
  "POST /workspaces/:workspace/scim/tokens": allow("owner.manage", { needsStepUp: always }),
  "DELETE /workspaces/:workspace/scim/tokens/:token": allow("owner.manage"),

  "GET /workspaces/:workspace/assertion-issuers": allow("owner.manage"),
  "POST /workspaces/:workspace/assertion-issuers": allow("owner.manage", { needsStepUp: always }),
  "PATCH /workspaces/:workspace/assertion-issuers/:issuer": allow("owner.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/assertion-issuers/:issuer": allow("owner.manage", {
    needsStepUp: always,
  }),
  "GET /workspaces/:workspace/assertion-issuers/:issuer/identities": allow("owner.manage"),
  "PUT /workspaces/:workspace/assertion-issuers/:issuer/identities/:member": allow("owner.manage", {
    needsStepUp: always,
  }),
  "DELETE /workspaces/:workspace/assertion-issuers/:issuer/identities/:member": allow(
    "owner.manage",
    { needsStepUp: always },
  ),
};
