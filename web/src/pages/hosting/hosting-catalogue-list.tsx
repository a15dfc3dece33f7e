import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, KeyRound } from "lucide-react";
import type { z } from "zod";
import type { HostingCatalogue } from "../../../../workers/contract/hosting/instances.ts";
import { hostingCatalogueQuery } from "../../api/hosting.ts";
import { Badge } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { HostNotices, PlanUsage, PlanNotice } from "./notices.tsx";

type Entry = z.infer<typeof HostingCatalogue>["items"][number];

interface Props {
  slug: string;
  q: string;
  onSearch: (q: string | undefined) => void;
}

/** The hosting catalogue: each server with its summary, required variables and notice. */
export function HostingCatalogueList({ slug, q, onSearch }: Props) {
  const catalogue = useQuery(hostingCatalogueQuery);
  return (
    <div className="flex flex-col gap-4">
      <HostNotices />
      <PlanNotice slug={slug} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search the catalogue"
          value={q}
          onChange={onSearch}
        />
        <p className="text-xs text-dim">
          <PlanUsage slug={slug} />
        </p>
      </div>
      <Loaded query={catalogue} lines={8}>
        {({ items }) => {
          const shown = items.filter((entry) => matches(entry, q));
          return shown.length === 0 ? (
            <EmptyState title="No matching servers" />
          ) : (
            <ul aria-label="Catalogue" className="grid gap-3 md:grid-cols-2">
              {shown.map((entry) => (
                <Card key={entry.id} slug={slug} entry={entry} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </div>
  );
}

function matches({ name, summary, package: { name: packageName }, replaces }: Entry, q: string) {
  const text = `${name} ${summary} ${packageName} ${replaces ?? ""}`.toLowerCase();
  return text.includes(q.trim().toLowerCase());
}

function Card({ slug, entry }: { slug: string; entry: Entry }) {
  const required = entry.variables.filter((variable) => variable.required);
  return (
    <li className="card relative flex flex-col gap-2 p-4 transition-colors focus-within:border-accent hover:border-strong">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2>
            <Link
              to="/w/$slug/servers/new/$entry"
              params={{ slug, entry: entry.id }}
              className="outline-none after:absolute after:inset-0 after:rounded-lg"
            >
              {entry.name}
            </Link>
          </h2>
          <p className="mt-0.5 text-sm text-dim">{entry.summary}</p>
        </div>
        <ChevronRight className="mt-0.5 size-4 shrink-0 text-dim" aria-hidden />
      </div>
      {entry.notice !== null && (
        <p className="border-l-2 border-warn pl-2.5 text-xs text-dim">{entry.notice}</p>
      )}
      <div className="mt-auto flex flex-wrap items-center gap-1.5 pt-1">
        {required.map(({ key, label }) => (
          <Badge key={key}>
            <KeyRound className="size-3" aria-hidden />
            {label}
          </Badge>
        ))}
        {required.length === 0 && <Badge tone="ok">No credentials needed</Badge>}
        {entry.profile !== "small" && <Badge>Size: {entry.profile} or larger</Badge>}
        {entry.replaces !== null && <Badge tone="warn">Maintained replacement</Badge>}
        {!entry.isAvailable && <Badge tone="bad">Not available on any host</Badge>}
      </div>
    </li>
  );
}
