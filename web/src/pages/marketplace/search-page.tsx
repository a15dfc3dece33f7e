import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import type { SearchSummary } from "../../../../workers/contract/api/marketplace-search.ts";
import { marketplaceSummaryQuery, type MarketplaceSearch } from "../../api/marketplace.ts";
import { meQuery } from "../../api/me.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Pills } from "../../ui/pills.tsx";
import { Select } from "../../ui/select.tsx";
import { FilterPanel } from "./filter-panel.tsx";
import { isFront, listActiveFilters, NO_FILTERS } from "./filters.ts";
import { Front } from "./front.tsx";
import { moveThroughResults } from "./result-keys.ts";
import { Results } from "./results.tsx";
import { SearchField } from "./search-field.tsx";
import { useMarketplaceSearch } from "./use-marketplace-search.ts";

const BY_WORDS = { value: "relevance", label: "Best match" } as const;
const ORDERS = [
  { value: "score", label: "Highest score" },
  { value: "newest", label: "Newest" },
  { value: "installs", label: "Installs this week" },
] as const;

/** The marketplace: its front page and, once something is searched or filtered, what is found. */
export function MarketplacePage() {
  const { search, change } = useMarketplaceSearch();
  const { q = "" } = search;
  const mayCurate = useQuery({ ...meQuery, enabled: false }).data?.user.curatesMarketplace;
  const isStart = isFront(search);
  return (
    <Page>
      <PageHeader
        title="Marketplace"
        documentTitle={q === "" ? "Marketplace" : `${q} – Marketplace`}
        actions={mayCurate === true ? <CurationLink /> : undefined}
      >
        MCP servers from public registries, each with a score that is made from evidence.
      </PageHeader>
      {/* It only moves the focus between links and the field, which have their own keys. */}
      <div role="presentation" className="flex flex-col gap-5" onKeyDown={moveThroughResults}>
        <SearchField
          value={q}
          // Of a word that is being typed, the browser's history has one entry.
          onSearch={(words) => change({ q: words || undefined }, q !== "")}
        />
        {isStart ? <Front /> : <SearchView search={search} onChange={change} />}
      </div>
    </Page>
  );
}

function CurationLink() {
  return (
    <Link to="/curation" className={buttonClass()}>
      Curate
    </Link>
  );
}

interface ViewProps {
  search: MarketplaceSearch;
  onChange: (part: Partial<Record<keyof MarketplaceSearch, unknown>>) => void;
}

function SearchView({ search, onChange }: ViewProps) {
  const summary = useQuery(marketplaceSummaryQuery(search));
  const [showsFilters, setShowsFilters] = useState(false);
  return (
    <div className="grid gap-x-6 gap-y-3 lg:grid-cols-[13.5rem_minmax(0,1fr)] lg:grid-rows-[auto_1fr]">
      <div className="flex min-w-0 flex-col gap-3 lg:col-start-2">
        <Bar
          search={search}
          summary={summary}
          onChange={onChange}
          showsFilters={showsFilters}
          onShowFilters={setShowsFilters}
        />
      </div>
      <aside
        aria-label="Filters"
        id="filters"
        className={classNames(
          "lg:sticky lg:top-4 lg:col-start-1 lg:row-span-2 lg:row-start-1 lg:block lg:max-h-[calc(100dvh-2rem)] lg:self-start lg:overflow-y-auto",
          showsFilters
            ? "max-lg:rounded-lg max-lg:border max-lg:border-line max-lg:bg-panel max-lg:p-3"
            : "hidden",
        )}
      >
        <FilterPanel search={search} facets={summary.data?.facets} onChange={onChange} />
      </aside>
      <div className="min-w-0 lg:col-start-2">
        <Results search={search} summary={summary} />
      </div>
    </div>
  );
}

interface BarProps extends ViewProps {
  summary: UseQueryResult<SearchSummary>;
  showsFilters: boolean;
  onShowFilters: (showsFilters: boolean) => void;
}

function Bar({ search, summary, onChange, showsFilters, onShowFilters }: BarProps) {
  const { q = "", sort } = search;
  const active = listActiveFilters(search);
  const orders = q === "" ? ORDERS : [BY_WORDS, ...ORDERS];
  const order = orders.find(({ value }) => value === sort) ?? orders[0];
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-2">
        <p role="status" className="flex-1 font-medium tabular-nums">
          {summary.data && pluralize(summary.data.total, "server")}
        </p>
        <Button
          className="lg:hidden"
          aria-expanded={showsFilters}
          aria-controls="filters"
          onClick={() => onShowFilters(!showsFilters)}
        >
          <SlidersHorizontal className="size-3.5" aria-hidden />
          Filters{active.length > 0 && ` (${active.length})`}
        </Button>
        <Select
          label="Order"
          className="w-38!"
          value={order.value}
          choices={orders}
          onChange={(value) => onChange({ sort: value })}
        />
      </div>
      <Pills
        pills={active.map(({ key, name, value }) => ({
          name,
          value,
          onRemove: () => onChange({ [key]: undefined }),
        }))}
        onClear={() => onChange(NO_FILTERS)}
      />
    </>
  );
}
