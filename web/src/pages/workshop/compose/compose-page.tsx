import { getRouteApi, useLocation } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { lazyComponent } from "../../../load-code.ts";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { LoadingState } from "../../../ui/states.tsx";
import { Composer } from "./composer.tsx";
import type { Start } from "./use-picked.ts";

const SharedPlan = lazyComponent(() => import("./shared-plan.tsx"), "SharedPlan");

const route = getRouteApi("/everybody/workshop/compose");
/** How the fragment of a link begins that holds a composition. */
const FRAGMENT = "c=";
const EMPTY: Start = { picks: [], values: {} };

/** The composer: servers that belong together, with one configuration for each client. A shared link opens as a plan first. */
export function ComposePage() {
  const { share } = route.useSearch();
  const { hash } = useLocation();
  const navigate = route.useNavigate();
  const [accepted, setAccepted] = useState<{ of: string; start: Start }>({ of: "", start: EMPTY });
  const link = hash.startsWith(FRAGMENT) ? hash.slice(FRAGMENT.length) : null;
  const shared = share ?? link;
  return (
    <Page>
      <PageHeader title="Compose">
        Pick servers that belong together, see what collides, and get one configuration for each
        client.
      </PageHeader>
      {shared === null ? (
        <Composer key={accepted.of} start={accepted.start} />
      ) : (
        <Suspense fallback={<LoadingState lines={4} />}>
          <SharedPlan
            key={shared}
            share={share}
            link={link}
            onAccept={(start) => {
              setAccepted({ of: shared, start });
              void navigate({ search: {}, hash: "" });
            }}
          />
        </Suspense>
      )}
    </Page>
  );
}
