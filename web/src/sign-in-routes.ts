import { createRoute, redirect } from "@tanstack/react-router";
import { PAGES } from "../../workers/contract/dashboard-pages.ts";
import { meQuery } from "./api/me.ts";
import { lazyRouteComponent } from "./load-code.ts";
import { requireSignIn } from "./require-sign-in.ts";
import { root } from "./root-route.ts";
import { SEARCH } from "./search-params.ts";

/** The page on which a person signs in. */
export const signIn = createRoute({
  getParentRoute: () => root,
  path: PAGES.signIn,
  validateSearch: SEARCH.signIn,
  beforeLoad: async ({ context: { queryClient }, search }) => {
    // Who was sent here because of a refusal needs no second one.
    if (queryClient.getQueryState(meQuery.queryKey)?.status === "error") return;
    const me = await queryClient.fetchQuery(meQuery).catch(() => null);
    if (me === null) return;
    const { to = "/" } = search;
    // A loaded document keeps the query unchanged: the router would write some of its values in another way.
    const reloadDocument = to.startsWith(`${PAGES.authorize}?`);
    throw redirect({ href: to, replace: true, reloadDocument });
  },
  component: lazyRouteComponent(() => import("./pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});

/** The page of an invitation or setup link. */
export const join = createRoute({
  getParentRoute: () => root,
  path: PAGES.join,
  component: lazyRouteComponent(() => import("./pages/sign-in/join-page.tsx"), "JoinPage"),
});

/** The page on which a person lets a client in. */
export const authorize = createRoute({
  getParentRoute: () => root,
  path: PAGES.authorize,
  // The address as the client wrote it: the router's own has some values of the query in another form.
  beforeLoad: ({ context }) =>
    requireSignIn(context.queryClient, location.pathname + location.search),
  component: lazyRouteComponent(
    () => import("./pages/authorize/authorize-page.tsx"),
    "AuthorizePage",
  ),
});
