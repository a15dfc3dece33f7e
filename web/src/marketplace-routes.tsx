import { createRoute } from "@tanstack/react-router";
import { PAGES } from "../../workers/contract/dashboard-pages.ts";
import { ApiError } from "./api/api-error.ts";
import { meQuery } from "./api/me.ts";
import { lazyComponent, lazyRouteComponent } from "./load-code.ts";
import { root } from "./root-route.ts";
import { SEARCH } from "./search-params.ts";
import { Shell } from "./shell/shell.tsx";

const VisitorShell = lazyComponent(() => import("./shell/visitor-shell.tsx"), "VisitorShell");

/** Pages for everybody: within the navigation for signed-in users. */
const everybody = createRoute({
  getParentRoute: () => root,
  id: "everybody",
  beforeLoad: async ({ context: { queryClient } }) => {
    // Each change of the search is a navigation, and a refusal stands until the user signs in.
    if (queryClient.getQueryState(meQuery.queryKey)?.status === "error")
      return { isSignedIn: false };
    const me = await queryClient.ensureQueryData(meQuery).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    });
    return { isSignedIn: me !== null };
  },
  component: EverybodyLayout,
});

function EverybodyLayout() {
  return everybody.useRouteContext().isSignedIn ? <Shell /> : <VisitorShell />;
}

const marketplace = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.marketplace,
  validateSearch: SEARCH.marketplace,
  component: lazyRouteComponent(
    () => import("./pages/marketplace/search-page.tsx"),
    "MarketplacePage",
  ),
});

const marketplaceServer = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.marketplaceServer,
  component: lazyRouteComponent(
    () => import("./pages/marketplace/server-page.tsx"),
    "MarketplaceServerPage",
  ),
});

const marketplacePublisher = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.marketplacePublisher,
  component: lazyRouteComponent(
    () => import("./pages/marketplace/publisher-page.tsx"),
    "PublisherPage",
  ),
});

const marketplaceCollection = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.marketplaceCollection,
  component: lazyRouteComponent(
    () => import("./pages/marketplace/collection-page.tsx"),
    "CollectionPage",
  ),
});

const workshopCheck = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.workshopCheck,
  component: lazyRouteComponent(() => import("./pages/workshop/check/check-page.tsx"), "CheckPage"),
});

const workshopScan = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.workshopScan,
  component: lazyRouteComponent(() => import("./pages/workshop/scan/scan-page.tsx"), "ScanPage"),
});

const compose = createRoute({
  getParentRoute: () => everybody,
  path: PAGES.compose,
  validateSearch: SEARCH.compose,
  component: lazyRouteComponent(
    () => import("./pages/workshop/compose/compose-page.tsx"),
    "ComposePage",
  ),
});

/** The routes of the marketplace and the workshop, which visitors without a session can open too. */
export const marketplaceRoutes = everybody.addChildren([
  workshopCheck,
  workshopScan,
  marketplace,
  marketplaceServer,
  marketplaceCollection,
  marketplacePublisher,
  compose,
]);
