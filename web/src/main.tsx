import "./no-eval.ts";
import "./app.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "./api/query-client.ts";
import { lazyComponent } from "./load-code.ts";
import { makeRouter } from "./router.ts";

const documentLoaded = new Promise((resolve) => {
  globalThis.addEventListener("load", resolve, { once: true });
});
// After all that the page needs at once: toasts are queued until it is mounted.
const Toaster = lazyComponent(
  () => documentLoaded.then(() => import("./ui/toaster.tsx")),
  "Toaster",
);
const queryClient = makeQueryClient(() => void router.invalidate());
const router = makeRouter(queryClient);
// The router loads a page's code only when it knows who the user is.
const [openedRoutes] = router.getMatchedRoutes(location.pathname);
for (const route of openedRoutes) void router.loadRouteChunk(route);
const root = document.getElementById("app");
if (!root) throw new Error("index.html has no #app");

createRoot(root).render(
  <StrictMode>
    {/* The content security policy allows no inline style elements; app.css has these rules instead. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Suspense>
          <Toaster />
        </Suspense>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
