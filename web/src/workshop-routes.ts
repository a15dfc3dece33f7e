import { createRoute } from "@tanstack/react-router";
import { PAGES } from "../../workers/contract/dashboard-pages.ts";
import { lazyRouteComponent } from "./load-code.ts";
import { SEARCH } from "./search-params.ts";
import { signedIn } from "./signed-in-route.ts";

/** The page on which a model or a form writes a server. */
export const generate = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.workshopGenerate,
  component: lazyRouteComponent(
    () => import("./pages/workshop/generate/generate-page.tsx"),
    "GeneratePage",
  ),
});

/** The page on which a person publishes a server. */
export const publish = createRoute({
  getParentRoute: () => signedIn,
  path: PAGES.publish,
  validateSearch: SEARCH.publish,
  component: lazyRouteComponent(
    () => import("./pages/workshop/publish/publish-page.tsx"),
    "PublishPage",
  ),
});
