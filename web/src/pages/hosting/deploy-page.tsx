import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { hostingCatalogueQuery, instancesQuery } from "../../api/hosting.ts";
import { serversQuery } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded, LoadingState } from "../../ui/states.tsx";
import { EntryLink } from "../requests/entry-link.tsx";
import { OpenRequest, useOpenRequest } from "../requests/open-request.tsx";
import { DeployForm } from "./deploy-form.tsx";
import { describeConcurrency, describeEgress } from "./describe-hosting.ts";
import { HostNotices, PlanNotice } from "./notices.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/new/$entry");

/** Deployment page of one server of the hosting catalogue. */
export function DeployPage() {
  const { slug, entry: id } = route.useParams();
  return (
    <RequirePermission action="hosting.manage">
      <div className="mx-auto max-w-2xl">
        <Link
          to="/w/$slug/servers/new"
          params={{ slug }}
          search={{ source: "catalogue" }}
          className="mb-2 inline-flex items-center gap-1 text-xs text-dim hover:text-ink"
        >
          <ChevronLeft className="size-3.5" aria-hidden />
          Catalogue
        </Link>
        <Deploy key={id} slug={slug} id={id} />
      </div>
    </RequirePermission>
  );
}

function Deploy({ slug, id }: { slug: string; id: string }) {
  const catalogue = useQuery(hostingCatalogueQuery);
  const servers = useQuery(serversQuery(slug));
  const instances = useQuery(instancesQuery(slug));
  const { from, request: asked } = route.useSearch();
  const request = useOpenRequest(slug, asked, from ?? "");
  const origin = {
    ...(from === undefined ? {} : { origin: from }),
    ...(request.data === undefined ? {} : { request: request.data.id }),
  };
  return (
    <Loaded query={catalogue} lines={8}>
      {({ items }) => {
        const entry = items.find((candidate) => candidate.id === id);
        if (!entry) return <EmptyState title="Server not found in the catalogue" />;
        // The suggested short name depends on the taken ones. If they cannot be loaded, the form works without them.
        if (servers.isPending || instances.isPending) return <LoadingState lines={8} />;
        const all = [...(servers.data ?? []), ...(instances.data?.items ?? [])];
        const takenSlugs = new Set(all.map((other) => other.slug));
        return (
          <Page>
            <PageHeader title={`Deploy ${entry.name}`}>{entry.summary}</PageHeader>
            <HostNotices />
            <PlanNotice slug={slug} />
            {entry.notice !== null && <Notice tone="info">{entry.notice}</Notice>}
            {from !== undefined && (
              <p className="text-sm text-dim">
                For the marketplace’s entry <EntryLink name={from} />, which has the same package.
              </p>
            )}
            <OpenRequest isAsked={asked !== undefined} request={request} />
            <DeployForm slug={slug} entry={entry} takenSlugs={takenSlugs} origin={origin} />
            <Facts entry={entry} />
          </Page>
        );
      }}
    </Loaded>
  );
}

function Facts({ entry }: { entry: HostingCatalogueEntry }) {
  const facts = [
    ["Package", `${entry.package.name} ${entry.package.version}`],
    ...(entry.replaces === null ? [] : [["Replaces", entry.replaces] as const]),
    ["Network access", describeEgress(entry)],
    ["Concurrency", describeConcurrency(entry)],
  ] as const;
  return (
    <Section title="Details">
      <dl className="divide-y divide-line">
        {facts.map(([term, value]) => (
          <div key={term} className="flex flex-wrap gap-x-4 gap-y-0.5 px-4 py-2.5">
            <dt className="w-32 shrink-0 text-dim">{term}</dt>
            <dd className="min-w-0 flex-1 basis-52 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
