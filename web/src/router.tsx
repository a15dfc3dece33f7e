import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { PAGES, WORKSPACE_PAGES, type PagePath } from "../../workers/contract/dashboard-pages.ts";
import { CallStatus } from "../../workers/contract/records/audit.ts";
import { ApiError } from "./api/api-error.ts";
import { meQuery } from "./api/me.ts";
import { lazyRouteComponent } from "./load-code.ts";
import { lastWorkspace } from "./shell/last-workspace.ts";
import { PageNotFound } from "./shell/not-found.tsx";
import { RootNotFound, RouteError } from "./shell/route-states.tsx";
import { Shell } from "./shell/shell.tsx";
import { LoadingState } from "./ui/states.tsx";

/** Search parameters of an instance's console and log. */
const instanceView = z.object({
  console: z.boolean().optional().catch(undefined),
  follow: z.boolean().optional().catch(undefined),
});

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: RootNotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: PAGES.signIn,
  validateSearch: z.object({
    to: z
      .string()
      .regex(/^\/(?!\/)/)
      .optional()
      .catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: PAGES.join,
  component: lazyRouteComponent(() => import("./pages/sign-in/join-page.tsx"), "JoinPage"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    await context.queryClient.ensureQueryData(meQuery).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401)
        throw redirect({ to: "/sign-in", search: { to: location.href } });
      throw error;
    });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.home,
  beforeLoad: async ({ context }) => {
    const { memberships } = await context.queryClient.ensureQueryData(meQuery);
    const slug = lastWorkspace.find(memberships);
    throw slug === undefined
      ? redirect({ to: "/new" })
      : redirect({ to: "/w/$slug", params: { slug } });
  },
});

const newWorkspace = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.newWorkspace,
  component: lazyRouteComponent(() => import("./pages/new-workspace-page.tsx"), "NewWorkspacePage"),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.account,
  validateSearch: z.object({ welcome: z.boolean().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import("./pages/account/account-page.tsx"), "AccountPage"),
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
  validateSearch: z.object({
    range: z.enum(["24h", "7d", "30d"]).default("24h").catch("24h"),
    by: z.enum(["all", "server", "tool", "member"]).default("all").catch("all"),
    client: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/overview/overview-page.tsx"), "OverviewPage"),
});

const servers = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.servers,
  component: lazyRouteComponent(() => import("./pages/servers/servers-page.tsx"), "ServersPage"),
});

const addServer = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.addServer,
  validateSearch: z.object({
    source: z.literal("catalogue").optional().catch(undefined),
    q: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    () => import("./pages/servers/add-server-page.tsx"),
    "AddServerPage",
  ),
});

const deploy = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.deploy,
  component: lazyRouteComponent(() => import("./pages/hosting/deploy-page.tsx"), "DeployPage"),
});

const hosted = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.hosted,
  validateSearch: instanceView,
  component: lazyRouteComponent(() => import("./pages/hosting/instance-page.tsx"), "InstancePage"),
});

const server = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.server,
  validateSearch: z.object({
    tab: z
      .enum(["tools", "prompts", "resources", "health", "hosting", "settings"])
      .default("tools")
      .catch("tools"),
    q: z.string().optional().catch(undefined),
    ...instanceView.shape,
  }),
  component: lazyRouteComponent(() => import("./pages/servers/server-page.tsx"), "ServerPage"),
});

const tryTool = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.tryTool,
  validateSearch: z.object({
    tool: z.string().optional().catch(undefined),
    q: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/try/try-page.tsx"), "TryPage"),
});

const members = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.members,
  validateSearch: z.object({
    q: z.string().optional().catch(undefined),
    role: z.enum(["owner", "admin", "member"]).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/members/members-page.tsx"), "MembersPage"),
});

const tokens = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.tokens,
  validateSearch: z.object({
    view: z.enum(["mine", "all", "api-keys"]).optional().catch(undefined),
    state: z.enum(["active", "inactive"]).default("active").catch("active"),
    q: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/tokens/tokens-page.tsx"), "TokensPage"),
});

const access = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.access,
  validateSearch: z.object({
    q: z.string().optional().catch(undefined),
    t: z.string().optional().catch(undefined),
    view: z.enum(["people", "grid", "tool"]).optional().catch(undefined),
    server: z.string().optional().catch(undefined),
    tool: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/access/access-page.tsx"), "AccessPage"),
});

const audit = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.audit,
  validateSearch: z.object({
    tab: z.enum(["calls", "events"]).default("calls").catch("calls"),
    live: z.boolean().optional().catch(undefined),
    member: z.string().optional().catch(undefined),
    server: z.string().optional().catch(undefined),
    tool: z.string().optional().catch(undefined),
    status: CallStatus.optional().catch(undefined),
    since: z.enum(["1h", "24h", "7d", "30d"]).optional().catch(undefined),
    from: z.int().optional().catch(undefined),
    to: z.int().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("./pages/audit/audit-page.tsx"), "AuditPage"),
});

const settings = createRoute({
  getParentRoute: () => workspace,
  path: WORKSPACE_PAGES.settings,
  component: lazyRouteComponent(() => import("./pages/settings-page.tsx"), "SettingsPage"),
});

const routeTree = root.addChildren([
  signIn,
  join,
  signedIn.addChildren([
    home,
    newWorkspace,
    account,
    workspace.addChildren([
      overview,
      servers,
      addServer,
      deploy,
      hosted,
      server,
      tryTool,
      members,
      tokens,
      access,
      audit,
      settings,
    ]),
  ]),
]);

/** Creates the router with every route of the dashboard. Page components are loaded when first opened. */
export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPendingComponent: LoadingState,
    defaultErrorComponent: RouteError,
    // A page of another workspace or server starts without the state of the one before.
    defaultRemountDeps: ({ params }) => params,
    scrollRestoration: true,
  });
}

type Listed<Path extends PagePath> = Path;
/** Does not compile when the Worker's list lacks a route: its page could not be loaded. */
type _EveryRoute = Listed<keyof ReturnType<typeof makeRouter>["routesByPath"]>;

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
