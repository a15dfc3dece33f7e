import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useEffect } from "react";
import { useCan } from "../../api/me.ts";
import { refetch } from "../../api/refetch.ts";
import { requestNoContent } from "../../api/request.ts";
import {
  requestsQuery,
  useRequestScope,
  waitingRequestsQuery,
  type RequestScope,
} from "../../api/server-requests.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { AccessQueue } from "./access/access-queue.tsx";
import { OwnRequest } from "./own-request.tsx";
import { QueuedRequest } from "./request-queue.tsx";

const route = getRouteApi("/signed-in/w/$slug/requests");

const VIEWS = [
  { value: "open", label: "Open" },
  { value: "all", label: "All" },
] as const;

/** Requests for access and for servers of the marketplace: the queue for those who may read it, else the member's own for servers. */
export function RequestsPage() {
  const slug = useWorkspaceSlug();
  const scope = useRequestScope(slug);
  return (
    <RequirePermission action={scope === "all" ? "request.read" : "me.use"}>
      {scope === "all" ? <Queue slug={slug} /> : <Own slug={slug} />}
    </RequirePermission>
  );
}

function Queue({ slug }: { slug: string }) {
  const { view = "open" } = route.useSearch();
  const navigate = route.useNavigate();
  const canDecide = useCan(slug, "server.manage");
  return (
    <Page>
      <PageHeader title="Requests">
        Tools and servers that members ask for.
        {canDecide && " To approve a server of the marketplace, add it: the form is filled in."}
      </PageHeader>
      <Tabs
        label="Requests"
        value={view}
        onChange={(next) =>
          void navigate({ search: { view: next === "all" ? next : undefined }, replace: true })
        }
        tabs={VIEWS}
      >
        <AccessQueue key={`access ${view}`} slug={slug} isOpenOnly={view === "open"} />
        <Requests key={view} slug={slug} scope="all" isOpenOnly={view === "open"} />
      </Tabs>
    </Page>
  );
}

function Own({ slug }: { slug: string }) {
  useSeenOutcomes(slug);
  return (
    <Page>
      <PageHeader
        title="Requests"
        actions={
          <Link to="/marketplace" className={buttonClass()}>
            Find a server
          </Link>
        }
      >
        Servers of the marketplace that you have asked the admins of this workspace for.
      </PageHeader>
      <Requests slug={slug} scope="mine" isOpenOnly={false} />
    </Page>
  );
}

/** Says that the member has seen the outcomes, once the page shows them. */
function useSeenOutcomes(slug: string) {
  const client = useQueryClient();
  const { data } = useInfiniteQuery(requestsQuery(slug, "mine"));
  const isNew = (data?.pages[0]?.waiting ?? 0) > 0;
  useEffect(() => {
    if (!isNew) return;
    // What fails stays new, and is marked by the next visit.
    void requestNoContent("PUT", `/workspaces/${slug}/me/server-requests-seen`, {}).then(
      () => refetch(client, waitingRequestsQuery(slug, "mine").queryKey),
      () => {},
    );
  }, [isNew, slug, client]);
}

function Requests(props: { slug: string; scope: RequestScope; isOpenOnly: boolean }) {
  const { slug, scope, isOpenOnly } = props;
  const query = useInfiniteQuery(requestsQuery(slug, scope, isOpenOnly ? { status: "open" } : {}));
  const Item = scope === "all" ? QueuedRequest : OwnRequest;
  return (
    <Section {...(scope === "all" && { title: "Servers of the marketplace" })}>
      <Loaded query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <NoRequests scope={scope} isOpenOnly={isOpenOnly} />;
          return (
            <>
              <ul className="divide-y divide-line" aria-label="Requests for servers">
                {items.map((request) => (
                  <Item key={request.id} slug={slug} request={request} />
                ))}
              </ul>
              {query.hasNextPage && (
                <div className="border-t border-line px-4 py-3">
                  <Button
                    isBusy={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Show more
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

function NoRequests({ scope, isOpenOnly }: { scope: RequestScope; isOpenOnly: boolean }) {
  return (
    <EmptyState
      icon={Inbox}
      title={isOpenOnly ? "No open requests for servers" : "No requests for servers yet"}
    >
      <p>
        {scope === "all"
          ? "Members ask for servers on the pages of the marketplace."
          : "Open a server in the marketplace, and choose “Request”."}
      </p>
    </EmptyState>
  );
}
