import type { ReactNode } from "react";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Day } from "../../ui/time.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";
import { describeSignIn } from "./describe-document.ts";
import { TRANSPORT_LABELS } from "./filters.ts";
import { InstallTrend } from "./install-trend.tsx";
import { OutsideLink } from "./outside-link.tsx";
import { toSignalFacts, type FactRow } from "./signal-facts.tsx";
import { SourceNote, type Statement } from "./source-note.tsx";

/** What the sources state of a server, each fact with its source and date. What none of them states is "Unknown". */
export function FactsCard({ server }: { server: CatalogueServer }) {
  return (
    <section aria-labelledby="facts" className="card">
      <h2 id="facts" className="border-b border-line px-4 py-3">
        Facts
      </h2>
      <dl className="divide-y divide-line">
        {toFacts(server).map(({ term, key = term, value, statement }) => (
          <div
            key={key}
            className="grid min-h-9 grid-cols-[5.25rem_minmax(0,1fr)_auto] items-start gap-x-2 px-4 py-2 text-sm"
          >
            <dt className="text-dim">{term}</dt>
            <dd className="min-w-0 wrap-anywhere">
              {value ?? <span className="text-dim italic">Unknown</span>}
            </dd>
            {statement && (
              <dd>
                <SourceNote of={term} statement={statement} />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </section>
  );
}

function toFacts(server: CatalogueServer): FactRow[] {
  const { document, provenance, sources, publishedAt, updatedAt, transports } = server;
  const { version, repository, websiteUrl } = document;
  const [first] = sources;
  const official = sources.find(({ source }) => source === "official");
  const runs = provenance["packages"] ?? provenance["remotes"];
  return [
    {
      term: "Version",
      value: version && <code className="font-mono text-xs">{escapeLine(version)}</code>,
      statement: provenance["version"],
    },
    { term: "Published", value: toDay(publishedAt), statement: ifKnown(publishedAt, first) },
    { term: "Updated", value: toDay(updatedAt), statement: ifKnown(updatedAt, first) },
    {
      term: "Repository",
      value: repository && <RepositoryLink repository={repository} />,
      statement: provenance["repository"],
    },
    {
      term: "Website",
      value: websiteUrl && <OutsideLink url={websiteUrl} />,
      statement: provenance["websiteUrl"],
    },
    ...toSignalFacts(server.signals),
    {
      term: "Transports",
      value:
        transports.length === 0
          ? null
          : transports.map((type) => TRANSPORT_LABELS[type]).join(", "),
      statement: runs,
    },
    { term: "Credentials", value: describeSignIn(document), statement: runs },
    {
      term: "Official",
      value: official ? "Listed in the official registry" : "Not in the official registry",
      statement: official,
    },
    { term: "Installs, last 7 days", value: <InstallTrend {...server} /> },
  ];
}

function toDay(at: number | null): ReactNode {
  return at === null ? null : <Day at={at} />;
}

function ifKnown(value: unknown, statement: Statement | undefined): Statement | undefined {
  return value === null ? undefined : statement;
}

function RepositoryLink({ repository }: { repository: NonNullable<ServerDocument["repository"]> }) {
  return (
    <>
      <OutsideLink url={repository.url} />
      {repository.subfolder !== null && (
        <span className="block text-xs text-dim">
          folder <code className="font-mono">{escapeLine(repository.subfolder)}</code>
        </span>
      )}
    </>
  );
}
