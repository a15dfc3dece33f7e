import type { QueryClient } from "@tanstack/react-query";
import { createRoute, Outlet, redirect } from "@tanstack/react-router";
import { PAGES, WORKSPACE_PAGES } from "../../workers/contract/dashboard-pages.ts";
import { meQuery } from "./api/me.ts";
import { lazyRouteComponent } from "./load-code.ts";
import { marketplaceRoutes } from "./marketplace-routes.tsx";
import { root } from "./root-route.ts";
import { SEARCH } from "./search-params.ts";
import { lastWorkspace } from "./shell/last-workspace.ts";
import { PageNotFound } from "./shell/not-found.tsx";
import { authorize, join, signIn } from "./sign-in-routes.ts";
import { signedIn } from "./signed-in-route.ts";
import { generate, publish } from "./workshop-routes.ts";

const home = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.home,
  beforeLoad: async ({ context }) => {
    const { memberships } = await context.queryClient.ensureQueryData(meQuery);
    const slug = lastWorkspace.find(memberships);
    if (slug === undefined) throw redirect({ to: "/new" });
    const membership = memberships.find(({ workspace: { slug: of } }) => of === slug);
    const mustConnect =
      membership?.role === "member" && !(await hasUsedToken(context.queryClient, slug));
    throw redirect({ to: mustConnect ? "/w/$slug/connect" : "/w/$slug", params: { slug } });
  },
});

/** Whether a client has ever called with a token of the signed-in member. True if that cannot be read now. */
async function hasUsedToken(client: QueryClient, slug: string): Promise<boolean> {
  // Loaded on demand: no other part of the first page needs these schemas.
  const { myTokensQuery } = await import("./api/workspace.ts");
  const tokens = await client.fetchQuery(myTokensQuery(slug)).catch(() => null);
  return tokens?.some(({ lastUsedAt }) => lastUsedAt !== null) ?? true;
}

const newWorkspace = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.newWorkspace,
  component: lazyRouteComponent(() => import("./pages/new-workspace-page.tsx"), "NewWorkspacePage"),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.account,
  validateSearch: SEARCH.account,
  component: lazyRouteComponent(() => import("./pages/account/account-page.tsx"), "AccountPage"),
});

const hosts = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.hosts,
  component: lazyRouteComponent(() => import("./pages/hosts/hosts-page.tsx"), "HostsPage"),
});

const curation = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.curation,
  validateSearch: SEARCH.curation,
  component: lazyRouteComponent(() => import("./pages/curation/curation-page.tsx"), "CurationPage"),
});

const workspace = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.workspace,
  component: Outlet,
  notFoundComponent: PageNotFound,
});

const overview = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.overview,
  validateSearch: SEARCH.overview,
  component: lazyRouteComponent(() => import("./pages/overview/overview-page.tsx"), "OverviewPage"),
});

const follows = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.follows,
  component: lazyRouteComponent(() => import("./pages/follows/follows-page.tsx"), "FollowsPage"),
});

const connect = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.connect,
  validateSearch: SEARCH.connect,
  component: lazyRouteComponent(() => import("./pages/connect/connect-page.tsx"), "ConnectPage"),
});

const servers = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.servers,
  component: lazyRouteComponent(() => import("./pages/servers/servers-page.tsx"), "ServersPage"),
});

const addServer = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.addServer,
  validateSearch: SEARCH.addServer,
  component: lazyRouteComponent(
    () => import("./pages/servers/add-server-page.tsx"),
    "AddServerPage",
  ),
});

const importServers = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.importServers,
  component: lazyRouteComponent(
    () => import("./pages/workshop/import/import-page.tsx"),
    "ImportPage",
  ),
});

const deploy = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.deploy,
  validateSearch: SEARCH.deploy,
  component: lazyRouteComponent(() => import("./pages/hosting/deploy-page.tsx"), "DeployPage"),
});

const hosted = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.hosted,
  validateSearch: SEARCH.hosted,
  component: lazyRouteComponent(() => import("./pages/hosting/instance-page.tsx"), "InstancePage"),
});

const server = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.server,
  validateSearch: SEARCH.server,
  component: lazyRouteComponent(() => import("./pages/servers/server-page.tsx"), "ServerPage"),
});

const tryTool = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.tryTool,
  validateSearch: SEARCH.tryTool,
  component: lazyRouteComponent(() => import("./pages/try/try-page.tsx"), "TryPage"),
});

const members = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.members,
  validateSearch: SEARCH.members,
  component: lazyRouteComponent(() => import("./pages/members/members-page.tsx"), "MembersPage"),
});

const agent = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.agent,
  component: lazyRouteComponent(() => import("./pages/agents/agent-page.tsx"), "AgentPage"),
});

const tokens = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.tokens,
  validateSearch: SEARCH.tokens,
  component: lazyRouteComponent(() => import("./pages/tokens/tokens-page.tsx"), "TokensPage"),
});

const access = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.access,
  validateSearch: SEARCH.access,
  component: lazyRouteComponent(() => import("./pages/access/access-page.tsx"), "AccessPage"),
});

const myAccess = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.myAccess,
  validateSearch: SEARCH.myAccess,
  component: lazyRouteComponent(
    () => import("./pages/my-access/my-access-page.tsx"),
    "MyAccessPage",
  ),
});

const accounts = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.accounts,
  validateSearch: SEARCH.accounts,
  component: lazyRouteComponent(() => import("./pages/accounts/accounts-page.tsx"), "AccountsPage"),
});

const alerts = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.alerts,
  component: lazyRouteComponent(() => import("./pages/alerts/alerts-page.tsx"), "AlertsPage"),
});

const teams = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.teams,
  validateSearch: SEARCH.teams,
  component: lazyRouteComponent(() => import("./pages/teams/teams-page.tsx"), "TeamsPage"),
});

const requests = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.requests,
  validateSearch: SEARCH.requests,
  component: lazyRouteComponent(() => import("./pages/requests/requests-page.tsx"), "RequestsPage"),
});

const audit = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.audit,
  validateSearch: SEARCH.audit,
  component: lazyRouteComponent(() => import("./pages/audit/audit-page.tsx"), "AuditPage"),
});

const stop = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.stop,
  component: lazyRouteComponent(() => import("./pages/stop/stop-page.tsx"), "StopPage"),
});

const versions = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.versions,
  component: lazyRouteComponent(() => import("./pages/versions/versions-page.tsx"), "VersionsPage"),
});

const companySignIn = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.companySignIn,
  validateSearch: SEARCH.companySignIn,
  component: lazyRouteComponent(() => import("./pages/company/company-page.tsx"), "CompanyPage"),
});

const settings = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.settings,
  component: lazyRouteComponent(() => import("./pages/settings-page.tsx"), "SettingsPage"),
});

/** Every route of the dashboard. */
export const routeTree = root.addChildren([
  signIn,
  join,
  authorize,
  marketplaceRoutes,
  signedIn.addChildren([
    home,
    newWorkspace,
    account,
    hosts,
    curation,
    generate,
    publish,
    workspace.addChildren([
      overview,
      connect,
      servers,
      addServer,
      importServers,
      deploy,
      hosted,
      server,
      tryTool,
      members,
      agent,
      tokens,
      access,
      myAccess,
      alerts,
      teams,
      accounts,
      requests,
      follows,
      audit,
      stop,
      versions,
      settings,
      companySignIn,
    ]),
  ]),
]);
