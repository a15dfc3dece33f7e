import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Layers, PackageOpen } from "lucide-react";
import type { CollectionSummary } from "../../../../workers/contract/api/marketplace-curation.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { collectionsQuery, serverOfTheWeekQuery } from "../../api/marketplace-curation.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { BriefServerRow } from "./server-row.tsx";

/** The server of the week with the reason; nothing without one, and nothing while it is unknown. */
export function WeekSection() {
  const { data } = useQuery(serverOfTheWeekQuery);
  if (!data?.item) return null;
  const { server, reason, week, isPick } = data.item;
  return (
    <Section
      title="Server of the week"
      hint={`Week ${week}, ${isPick ? "picked by the operator" : "chosen by a rule"}`}
    >
      <ul>
        <BriefServerRow server={server}>
          <p className="mt-1 wrap-anywhere">{reason}</p>
        </BriefServerRow>
      </ul>
    </Section>
  );
}

/** Starter packs and collections; nothing without any, and nothing while they are unknown. */
export function CollectionsSection() {
  const { data } = useQuery(collectionsQuery);
  if (!data || data.items.length === 0) return null;
  const packs = data.items.filter(({ isPack }) => isPack);
  const others = data.items.filter(({ isPack }) => !isPack);
  return (
    <>
      <Collections title="Starter packs" collections={packs} />
      <Collections title="Collections" collections={others} />
    </>
  );
}

function Collections({ title, collections }: { title: string; collections: CollectionSummary[] }) {
  if (collections.length === 0) return null;
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <h2>{title}</h2>
      <ul className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        {collections.map((collection) => (
          <li key={collection.slug}>
            <CollectionCard collection={collection} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function CollectionCard({ collection }: { collection: CollectionSummary }) {
  const { slug, title, description, isPack, serverCount } = collection;
  const Icon = isPack ? PackageOpen : Layers;
  return (
    <Link
      to="/marketplace/collections/$collection"
      params={{ collection: slug }}
      className="card flex h-full items-start gap-3 px-4 py-3 transition-colors hover:border-strong hover:bg-soft"
    >
      <Icon className="mt-0.5 size-4 shrink-0 text-dim" aria-hidden />
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="font-medium wrap-anywhere">
          <DisplayName name={title} />
        </span>
        <span className="line-clamp-2 text-dim wrap-anywhere">{escapeLine(description)}</span>
        <span className="text-xs text-dim">{pluralize(serverCount, "server")}</span>
      </span>
    </Link>
  );
}
