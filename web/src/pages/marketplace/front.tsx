import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { SearchSummary } from "../../../../workers/contract/api/marketplace-search.ts";
import { CATEGORIES, CATEGORY_IDS } from "../../../../workers/contract/marketplace/facets.ts";
import { marketplaceSummaryQuery, marketplaceTopQuery } from "../../api/marketplace.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { CollectionsSection, WeekSection } from "./curated-sections.tsx";
import { Freshness } from "./freshness.tsx";
import { BriefServerRow, LoadingRows } from "./server-row.tsx";
import { TrendingSection } from "./trending-section.tsx";

const SHOWN = 8;
const GRID = "grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-4";

/**
 * The marketplace before anything is searched: the server of the week, categories, collections, the trending servers, those
 * with the highest scores, and the newest.
 */
export function Front() {
  return (
    <div className="flex flex-col gap-6">
      <WeekSection />
      <Categories />
      <CollectionsSection />
      <TrendingSection />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Top title="Highest rated" sort="score" />
        <Top title="Newest" sort="newest" />
      </div>
      <Freshness />
    </div>
  );
}

function Categories() {
  const summary = useQuery(marketplaceSummaryQuery({}));
  return (
    <section aria-labelledby="categories" className="flex flex-col gap-3">
      <h2 id="categories">Categories</h2>
      {summary.isPending ? (
        <LoadingCategories />
      ) : (
        <Loaded query={summary}>
          {({ facets }) => (
            <ul className={GRID}>
              {listCategories(facets).map(({ value, count }) => (
                <li key={value}>
                  <Link
                    to="/marketplace"
                    search={{ category: value }}
                    className="card flex h-full items-center gap-2 px-3 py-2 transition-colors hover:border-strong hover:bg-soft"
                  >
                    <span className="min-w-0 flex-1">{CATEGORIES[value]}</span>
                    <span className="text-xs text-dim tabular-nums">{formatCount(count)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </section>
  );
}

function LoadingCategories() {
  return (
    <div role="status" aria-label="Loading" className={classNames(GRID, "animate-pulse")}>
      {CATEGORY_IDS.map((id) => (
        <div key={id} className="h-9.5 rounded-lg bg-soft" />
      ))}
    </div>
  );
}

/** Those with servers, in display order. */
function listCategories({ category }: SearchSummary["facets"]) {
  const counts = new Map(category.map(({ value, count }) => [value, count]));
  return CATEGORY_IDS.map((value) => ({ value, count: counts.get(value) ?? 0 })).filter(
    ({ count }) => count > 0,
  );
}

function Top({ title, sort }: { title: string; sort: "score" | "newest" }) {
  const servers = useQuery(marketplaceTopQuery(sort, SHOWN));
  return (
    <Section
      title={title}
      actions={
        <Link to="/marketplace" search={{ sort }} className="link text-xs">
          Show all<span className="sr-only">: {title}</span>
        </Link>
      }
    >
      {servers.isPending ? (
        <LoadingRows count={SHOWN} isBrief />
      ) : (
        <Loaded query={servers}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="The marketplace has no servers yet">
                <p>The operator of this gateway can import them from a registry.</p>
              </EmptyState>
            ) : (
              <ul className="divide-y divide-line">
                {items.map((server) => (
                  <BriefServerRow key={server.name} server={server} />
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </Section>
  );
}
