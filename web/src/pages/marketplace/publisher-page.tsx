import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense } from "react";
import { ApiError } from "../../api/api-error.ts";
import { marketplacePublisherQuery } from "../../api/marketplace-publishers.ts";
import { meQuery } from "../../api/me.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, ErrorState, Loaded } from "../../ui/states.tsx";
import { PublisherBadges } from "./publisher-badges.tsx";
import { PublisherHistory } from "./publisher-history.tsx";
import { ServerRow } from "./server-row.tsx";

// Visitors cannot claim a namespace.
const ClaimSection = lazyComponent(() => import("./claim-section.tsx"), "ClaimSection");

const route = getRouteApi("/everybody/marketplace/publishers/$namespace");

/** A publisher of the marketplace: what is proven of it, and its servers. */
export function PublisherPage() {
  const { namespace } = route.useParams();
  const isSignedIn = useQuery({ ...meQuery, enabled: false }).data !== undefined;
  const query = useInfiniteQuery(marketplacePublisherQuery(namespace));
  if (query.error instanceof ApiError && query.error.status === 404)
    return (
      <EmptyState title="There is no such publisher in the marketplace" isPage>
        <p>No server of the marketplace has this namespace.</p>
      </EmptyState>
    );
  return (
    <Page>
      <Loaded query={query} lines={8}>
        {({ pages }) => {
          const [first] = pages;
          return (
            first && (
              <>
                <PageHeader
                  title={first.namespace}
                  actions={<PublisherBadges badges={first.badges} hostedBy={first.hostedBy} />}
                >
                  {first.badges.length === 0
                    ? "Nothing is proven of this publisher: the official registry lists none of its servers."
                    : "A publisher of the marketplace. Each badge says what is proven, and by what."}
                </PageHeader>
                <Section title={first.servers === 1 ? "1 server" : `${first.servers} servers`}>
                  <ul className="divide-y divide-line">
                    {pages
                      .flatMap(({ items }) => items)
                      .map((server) => (
                        <ServerRow key={server.name} server={server} />
                      ))}
                  </ul>
                </Section>
              </>
            )
          );
        }}
      </Loaded>
      {query.hasNextPage && (
        <Button
          className="self-center"
          isBusy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {query.data && <PublisherHistory namespace={namespace} />}
      {isSignedIn && query.data && (
        <Suspense>
          <ClaimSection namespace={namespace} />
        </Suspense>
      )}
      {query.isFetchNextPageError && (
        <ErrorState error={query.error} retry={() => void query.fetchNextPage()} />
      )}
    </Page>
  );
}
