import type { QueryClient } from "@tanstack/react-query";
import { createRouter, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import type { PagePath } from "../../workers/contract/dashboard-pages.ts";
import { routeTree } from "./routes.tsx";
import { parseSearchValue } from "./search-params.ts";
import { RouteError } from "./shell/route-states.tsx";
import { LoadingState } from "./ui/states.tsx";

/** Creates the router with every route of the dashboard. Page components are loaded when first opened. */
export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch: parseSearchWith(parseSearchValue),
    stringifySearch: stringifySearchWith(JSON.stringify, parseSearchValue),
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
