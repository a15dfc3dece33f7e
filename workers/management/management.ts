import { OpenAPIHono } from "@hono/zod-openapi";
import { isAllowedHost } from "../http/allowed-host.ts";
import { COMMON_HEADERS, errorResponse, toNotFoundResponse } from "../http/error-responses.ts";
import { dropBody } from "../http/read-body.ts";
import { accessReasons } from "./access-reasons.ts";
import { accessRequests } from "./access-requests.ts";
import { access } from "./access.ts";
import { accounts } from "./accounts.ts";
import { agents } from "./agents.ts";
import { alerts } from "./alerts.ts";
import { apiKeys } from "./api-keys.ts";
import { assertionIssuers } from "./assertion-issuers.ts";
import { auditEvents } from "./audit-events.ts";
import { auditViews } from "./audit-views.ts";
import { authLinks } from "./auth-links.ts";
import { auth, limitSignIns } from "./auth.ts";
import { authorize, readSlug, type ManagementEnv } from "./authorize.ts";
import { callFigures } from "./call-figures.ts";
import { companyCallback } from "./company-callback.ts";
import { companySignIn } from "./company-sign-in.ts";
import { configuration } from "./configuration.ts";
import { contracts } from "./contracts.ts";
import { deploymentHealth } from "./deployment-health.ts";
import { fleetPack } from "./fleet-pack.ts";
import { followedRegistries } from "./followed-registries.ts";
import { gettingStarted } from "./getting-started.ts";
import { health } from "./health.ts";
import { hostingCatalogue } from "./hosting-catalogue.ts";
import { hosts } from "./hosts.ts";
import { identityIssuers } from "./identity-issuers.ts";
import { instanceLogs } from "./instance-logs.ts";
import { instanceVersions } from "./instance-versions.ts";
import { instances } from "./instances.ts";
import { invitations } from "./invitations.ts";
import { marketplaceClaims } from "./marketplace-claims.ts";
import { marketplaceCollections } from "./marketplace-collections.ts";
import { marketplaceFreshness } from "./marketplace-freshness.ts";
import { marketplaceHidden } from "./marketplace-hidden.ts";
import { marketplaceInstalls } from "./marketplace-installs.ts";
import { marketplaceNamespaces } from "./marketplace-namespaces.ts";
import { marketplaceProbes } from "./marketplace-probes.ts";
import { marketplacePublications } from "./marketplace-publications.ts";
import { marketplacePublishers } from "./marketplace-publishers.ts";
import { marketplaceReadme } from "./marketplace-readme.ts";
import { marketplaceReports } from "./marketplace-reports.ts";
import { marketplaceRequests } from "./marketplace-requests.ts";
import { marketplaceSignals } from "./marketplace-signals.ts";
import { marketplaceSync } from "./marketplace-sync.ts";
import { marketplaceVersions } from "./marketplace-versions.ts";
import { marketplaceWeeks } from "./marketplace-weeks.ts";
import { marketplace } from "./marketplace.ts";
import { meCompany } from "./me-company.ts";
import { meInWorkspace } from "./me-in-workspace.ts";
import { mePasskeys } from "./me-passkeys.ts";
import { me } from "./me.ts";
import { members } from "./members.ts";
import { oauthConsent } from "./oauth-consent.ts";
import { receiveBody } from "./receive-body.ts";
import { refusedTokens } from "./refused-tokens.ts";
import { refuseInvalid } from "./responses.ts";
import { scim } from "./scim.ts";
import { serverConnections } from "./server-connections.ts";
import { serverTools } from "./server-tools.ts";
import { servers } from "./servers.ts";
import { stops } from "./stops.ts";
import { teams } from "./teams.ts";
import { temporaryTokens } from "./temporary-tokens.ts";
import { tokens } from "./tokens.ts";
import { toolCalls } from "./tool-calls.ts";
import { usage } from "./usage.ts";
import { users } from "./users.ts";
import { versions } from "./versions.ts";
import { workshopCheck } from "./workshop-check.ts";
import { workshopGenerate } from "./workshop-generate.ts";
import { workshopShares } from "./workshop-shares.ts";
import { workspaces } from "./workspaces.ts";

/** Routes under /workspaces. */
const WORKSPACE_ROUTES = [
  workspaces,
  servers,
  contracts,
  serverTools,
  serverConnections,
  accounts,
  members,
  agents,
  teams,
  invitations,
  identityIssuers,
  access,
  accessReasons,
  accessRequests,
  alerts,
  tokens,
  refusedTokens,
  apiKeys,
  scim,
  assertionIssuers,
  stops,
  toolCalls,
  callFigures,
  auditEvents,
  auditViews,
  usage,
  meInWorkspace,
  temporaryTokens,
  gettingStarted,
  fleetPack,
  instances,
  instanceVersions,
  instanceLogs,
  marketplaceRequests,
  followedRegistries,
  versions,
  configuration,
  health,
];

/** The management API, for the dashboard and for automation. `permissions.ts` says who is allowed each route. */
export const management = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid });

management.use(async (c, next) => {
  await next();
  dropBody(c.req.raw);
  for (const [name, value] of Object.entries(COMMON_HEADERS)) c.header(name, value);
});
management.use(async (c, next) => {
  if (isAllowedHost(c.req.header("host") ?? "", c.env.ALLOWED_HOSTS)) return next();
  return errorResponse(
    c,
    403,
    "forbidden_host",
    "This host name is not configured. Add it to ALLOWED_HOSTS.",
  );
});
management.doc31("/openapi.json", {
  openapi: "3.1.0",
  info: { title: "mcpnest management API", version: "1" },
  servers: [{ url: "/api" }],
  security: [{ operatorKey: [] }, { apiKey: [] }, { browserSession: [] }],
});
management.use("/workspaces/:workspace/*", readSlug);
management.use(authorize);
management.use("/auth/*", limitSignIns);
management.use(async (c, next) => (await receiveBody(c)) ?? next());
for (const resource of [auth, authLinks, companySignIn, companyCallback])
  management.route("/auth", resource);
for (const resource of [me, meCompany, mePasskeys]) management.route("/me", resource);
for (const resource of WORKSPACE_ROUTES) management.route("/workspaces", resource);
for (const resource of [
  users,
  hosts,
  hostingCatalogue,
  deploymentHealth,
  oauthConsent,
  marketplaceSync,
  marketplaceFreshness,
  marketplaceInstalls,
  marketplaceSignals,
  marketplaceCollections,
  marketplaceWeeks,
  marketplaceHidden,
  marketplaceReports,
  marketplacePublishers,
  marketplaceClaims,
  marketplaceNamespaces,
  marketplacePublications,
  marketplaceVersions,
  marketplaceReadme,
  marketplaceProbes,
  workshopCheck,
  marketplace,
  workshopGenerate,
  workshopShares,
])
  management.route("/", resource);
management.all("*", toNotFoundResponse);

for (const [name, description] of Object.entries({
  operatorKey: "The operator key",
  apiKey: "An API key of a workspace: mnk_…",
})) {
  management.openAPIRegistry.registerComponent("securitySchemes", name, {
    type: "http",
    scheme: "bearer",
    description,
  });
}
management.openAPIRegistry.registerComponent("securitySchemes", "browserSession", {
  type: "apiKey",
  in: "cookie",
  name: "__Host-mng_s",
});
