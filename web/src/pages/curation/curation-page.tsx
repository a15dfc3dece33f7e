import { getRouteApi, Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { Suspense } from "react";
import { useMe } from "../../api/me.ts";
import { lazyComponent } from "../../load-code.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { EmptyState, LoadingState } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ReportsPanel } from "./reports-panel.tsx";

// The queue of reports does without tables and forms.
const WeeksPanel = lazyComponent(() => import("./weeks-panel.tsx"), "WeeksPanel");
const ClaimsPanel = lazyComponent(() => import("./claims-panel.tsx"), "ClaimsPanel");
const HiddenPanel = lazyComponent(() => import("./hidden-panel.tsx"), "HiddenPanel");
const CollectionsPanel = lazyComponent(() => import("./collections-panel.tsx"), "CollectionsPanel");
const CollectionEditor = lazyComponent(() => import("./collection-editor.tsx"), "CollectionEditor");
const NewCollection = lazyComponent(() => import("./new-collection.tsx"), "NewCollection");

const route = getRouteApi("/signed-in/curation");

const TABS = [
  { value: "reports", label: "Reports" },
  { value: "week", label: "Server of the week" },
  { value: "collections", label: "Collections" },
  { value: "hidden", label: "Hidden servers" },
  { value: "claims", label: "Claims" },
] as const;

/** What the marketplace recommends and hides, and the reports that it receives, for users who curate it. */
export function CurationPage() {
  const { user } = useMe();
  return user.curatesMarketplace ? <Curation /> : <NotCurator />;
}

function NotCurator() {
  return (
    <Page>
      <PageHeader title="Curation" />
      <EmptyState icon={Lock} title="You don’t curate the marketplace">
        <p>
          It is the same for all workspaces of this deployment, so its operator decides who curates
          it: PATCH /api/users/… with “curatesMarketplace”.
        </p>
      </EmptyState>
    </Page>
  );
}

function Curation() {
  const { tab = "reports", collection, isNew = false } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page>
      <PageHeader
        title="Curation"
        actions={
          <Link to="/marketplace" className={buttonClass()}>
            Open the marketplace
          </Link>
        }
      >
        What the marketplace recommends and hides, and what its visitors report. Each change is in
        the audit log of the deployment.
      </PageHeader>
      <Tabs
        label="Curation"
        value={tab}
        onChange={(next) =>
          void navigate({ search: { tab: next === "reports" ? undefined : next }, replace: true })
        }
        tabs={TABS}
      >
        <Suspense fallback={<LoadingState />}>
          {tab === "reports" && <ReportsPanel />}
          {tab === "week" && <WeeksPanel />}
          {tab === "collections" &&
            (isNew ? (
              <NewCollection />
            ) : collection === undefined ? (
              <CollectionsPanel />
            ) : (
              <CollectionEditor key={collection} slug={collection} />
            ))}
          {tab === "hidden" && <HiddenPanel />}
          {tab === "claims" && <ClaimsPanel />}
        </Suspense>
      </Tabs>
    </Page>
  );
}
