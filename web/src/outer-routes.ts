import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, Outlet, redirect } from "@tanstack/react-router";
import { z } from "zod";
import { PAGES } from "../../workers/contract/dashboard-pages.ts";
import { ApiError } from "./api/api-error.ts";
import { meQuery } from "./api/me.ts";
import { lazyRouteComponent } from "./load-code.ts";
import { lastWorkspace } from "./shell/last-workspace.ts";
import { PageNotFound } from "./shell/not-found.tsx";
import { RootNotFound } from "./shell/route-states.tsx";
import { Shell } from "./shell/shell.tsx";

/** The root of all routes. */
export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: RootNotFound,
});

/** Sign-in; `to`: the address to open afterwards. */
export const signIn = createRoute({
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

/** Single-use links. */
export const join = createRoute({
  getParentRoute: () => root,
  path: PAGES.join,
  component: lazyRouteComponent(() => import("./pages/sign-in/join-page.tsx"), "JoinPage"),
});

/** The parent of every page for signed-in users. */
export const signedIn = createRoute({
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

/** Opens a workspace. */
export const home = createRoute({
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

/** Creates a workspace. */
export const newWorkspace = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.newWorkspace,
  component: lazyRouteComponent(() => import("./pages/new-workspace-page.tsx"), "NewWorkspacePage"),
});

/** The user's own account. */
export const account = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.account,
  validateSearch: z.object({ welcome: z.boolean().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import("./pages/account/account-page.tsx"), "AccountPage"),
});

/** The parent of a workspace's pages. */
export const workspace = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.workspace,
  component: Outlet,
  notFoundComponent: PageNotFound,
});
