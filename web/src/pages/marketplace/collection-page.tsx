import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense } from "react";
import type { Collection } from "../../../../workers/contract/api/marketplace-curation.ts";
import { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ApiError } from "../../api/api-error.ts";
import { collectionQuery } from "../../api/marketplace-curation.ts";
import { lazyComponent } from "../../load-code.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Badge, Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded, LoadingState } from "../../ui/states.tsx";
import { BriefServerRow } from "./server-row.tsx";

// Collections that are no starter pack do without it.
const PackBox = lazyComponent(() => import("./pack-box.tsx"), "PackBox");

const route = getRouteApi("/everybody/marketplace/collections/$collection");

/** Parses the documents of a starter pack. */
function toShown({ servers, ...collection }: Collection) {
  return {
    ...collection,
    servers,
    documents: servers.flatMap(({ document }) =>
      document === null ? [] : [ServerDocument.parse(document)],
    ),
  };
}

/** A collection of the operator's, or a starter pack with one configuration for all its servers. */
export function CollectionPage() {
  const { collection: slug } = route.useParams();
  const query = useQuery({ ...collectionQuery(slug), select: toShown });
  if (query.error instanceof ApiError && query.error.status === 404)
    return (
      <EmptyState title="There is no such collection in the marketplace" isPage>
        <p>The operator has removed it, or the marketplace has none of its servers any more.</p>
      </EmptyState>
    );
  return (
    <Page>
      <Loaded query={query} lines={8}>
        {({ title, description, isPack, servers, documents }) => (
          <>
            <PageHeader
              documentTitle={escapeLine(title)}
              title={
                <>
                  <DisplayName name={title} />
                  <Badge>{isPack ? "Starter pack" : "Collection"}</Badge>
                </>
              }
            >
              {escapeHidden(description)}
            </PageHeader>
            {/* What was typed is that of one pack. */}
            {isPack && (
              <Suspense fallback={<LoadingState lines={6} />}>
                <PackBox key={slug} documents={documents} />
              </Suspense>
            )}
            <Section title="Servers">
              <ul className="divide-y divide-line">
                {servers.map(({ server, note }) => (
                  <BriefServerRow key={server.name} server={server}>
                    {note !== "" && <p className="mt-1 wrap-anywhere">{escapeHidden(note)}</p>}
                  </BriefServerRow>
                ))}
              </ul>
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
