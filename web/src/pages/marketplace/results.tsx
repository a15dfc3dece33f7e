import { useInfiniteQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import type { SearchSummary } from "../../../../workers/contract/api/marketplace-search.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { marketplaceServersQuery, type MarketplaceSearch } from "../../api/marketplace.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { listActiveFilters, NO_FILTERS } from "./filters.ts";
import { LoadingRows, ServerRow } from "./server-row.tsx";

interface Props {
  search: MarketplaceSearch;
  summary: UseQueryResult<SearchSummary>;
}

/** The servers that a search finds, with a correction of its words and further pages. */
export function Results({ search, summary }: Props) {
  const servers = useInfiniteQuery(marketplaceServersQuery(search));
  const found = servers.data?.pages.flatMap(({ items }) => items) ?? [];
  const isOld = servers.isPlaceholderData;
  return (
    <div className="flex flex-col gap-3">
      <Suggestion
        search={search}
        suggestion={summary.isPlaceholderData ? null : summary.data?.suggestion}
      />
      <section
        aria-label="Servers"
        aria-busy={servers.isFetching}
        className={classNames("card overflow-hidden transition-opacity", isOld && "opacity-60")}
      >
        {servers.data === undefined ? (
          servers.error === null ? (
            <LoadingRows count={8} />
          ) : (
            <ErrorState error={servers.error} retry={() => void servers.refetch()} />
          )
        ) : found.length === 0 ? (
          <NothingFound search={search} />
        ) : (
          <ul className="divide-y divide-line">
            {found.map((server) => (
              <ServerRow key={server.name} server={server} />
            ))}
          </ul>
        )}
      </section>
      {servers.hasNextPage && found.length > 0 && (
        <Button
          className="self-center"
          isBusy={servers.isFetchingNextPage}
          onClick={() => void servers.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {servers.isFetchNextPageError && (
        <ErrorState error={servers.error} retry={() => void servers.fetchNextPage()} />
      )}
    </div>
  );
}

function Suggestion(props: { search: MarketplaceSearch; suggestion: string | null | undefined }) {
  const { search, suggestion } = props;
  if (suggestion === null || suggestion === undefined) return null;
  return (
    <p className="px-1">
      Did you mean{" "}
      <Link to="/marketplace" search={{ ...search, q: suggestion }} className="link font-medium">
        {escapeLine(suggestion)}
      </Link>
      ?
    </p>
  );
}

function NothingFound({ search }: { search: MarketplaceSearch }) {
  const { q = "" } = search;
  const hasFilters = listActiveFilters(search).length > 0;
  return (
    <EmptyState
      icon={SearchX}
      title={q === "" ? "No servers match these filters" : `No servers match “${escapeLine(q)}”`}
    >
      <p>
        {hasFilters
          ? "Remove a filter, or search for other words."
          : "Search for fewer or other words: what a server is for, its name or its package."}
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        {hasFilters && (
          <Link to="/marketplace" search={{ ...search, ...NO_FILTERS }} className={buttonClass()}>
            Clear filters
          </Link>
        )}
        <Link to="/marketplace" className={buttonClass()}>
          Go to the marketplace’s front page
        </Link>
      </div>
    </EmptyState>
  );
}
