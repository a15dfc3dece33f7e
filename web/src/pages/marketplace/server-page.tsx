import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { PAGES, toNamespace, toServerPage } from "../../../../workers/contract/dashboard-pages.ts";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { ApiError } from "../../api/api-error.ts";
import { marketplaceServerQuery } from "../../api/marketplace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Page } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { toCatalogueServer, type CatalogueServer } from "./catalogue-server.ts";
import { FactsCard } from "./facts-card.tsx";
import { InstallBox } from "./install-box.tsx";
import { ServerHead } from "./server-head.tsx";
import { lastClient, type ShownClient } from "./shown-clients.ts";

// They are below what a person looks for first.
const CompatibilitySection = lazyComponent(
  () => import("./compatibility-section.tsx"),
  "CompatibilitySection",
);
const ReadmeSection = lazyComponent(() => import("./readme/readme-section.tsx"), "ReadmeSection");
const ScoreSection = lazyComponent(() => import("./score-section.tsx"), "ScoreSection");
const InCollections = lazyComponent(() => import("./in-collections.tsx"), "InCollections");
const VersionsSection = lazyComponent(() => import("./versions-section.tsx"), "VersionsSection");
const PublisherSection = lazyComponent(() => import("./publisher-section.tsx"), "PublisherSection");
const SimilarSection = lazyComponent(() => import("./similar-section.tsx"), "SimilarSection");
const SourcesSection = lazyComponent(() => import("./sources-section.tsx"), "SourcesSection");
const ProbesSection = lazyComponent(() => import("./probes-section.tsx"), "ProbesSection");

const route = getRouteApi("/everybody/marketplace/$namespace/$name");

/** A server of the marketplace. */
export function MarketplaceServerPage() {
  const { namespace, name } = route.useParams();
  const query = useQuery({
    ...marketplaceServerQuery(toNamespace(namespace), name),
    select: toCatalogueServer,
  });
  if (query.error instanceof ApiError && query.error.status === 404)
    return (
      <EmptyState
        title={
          query.error.code === "hidden_server"
            ? "This server is hidden"
            : "There is no such server in the marketplace"
        }
        isPage
      >
        <p>
          {query.error.code === "hidden_server"
            ? escapeHidden(query.error.message)
            : "It was never listed, or all sources have deleted it."}
        </p>
      </EmptyState>
    );
  if (query.data && query.data.name !== `${toNamespace(namespace)}/${name}`)
    return <Navigate to={PAGES.marketplaceServer} params={toServerPage(query.data.name)} replace />;
  return (
    <Page>
      <Loaded query={query} lines={8}>
        {(server) => (
          // What was typed and counted is that of one server.
          <Server key={server.name} server={server} />
        )}
      </Loaded>
    </Page>
  );
}

function Server({ server }: { server: CatalogueServer }) {
  const { document } = server;
  const [client, setClient] = useState(lastClient.find);
  const choose = (id: ShownClient["id"]) => {
    lastClient.set(id);
    setClient(id);
  };
  return (
    <>
      <ServerHead server={server} />
      <div className="grid min-w-0 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <InstallBox document={document} client={client} onChoose={choose} />
        <FactsCard server={server} />
      </div>
      <Suspense>
        <CompatibilitySection
          document={document}
          onChoose={(id) => {
            choose(id);
            globalThis.document.getElementById("install")?.scrollIntoView({ block: "start" });
          }}
        />
        <ProbesSection server={server} />
        <ReadmeSection name={server.name} />
        <ScoreSection server={server} />
        <VersionsSection name={server.name} />
        <SourcesSection sources={server.sources} />
        <PublisherSection server={server} />
        <SimilarSection similar={server.similar} />
        <InCollections collections={server.collections} />
      </Suspense>
    </>
  );
}
