import { getRouteApi } from "@tanstack/react-router";
import type { MarketplaceSearch } from "../../api/marketplace.ts";

const route = getRouteApi("/everybody/marketplace");

/** The search in the page's address, and a function that changes parts of it; undefined removes a part. */
export function useMarketplaceSearch() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  /** `replace`: the browser does not go back to the search before. */
  const change = (part: Partial<Record<keyof MarketplaceSearch, unknown>>, replace = false) =>
    void navigate({
      // The router checks the values again.
      search: (old) => ({ ...old, ...part }) as MarketplaceSearch,
      replace,
      resetScroll: false,
    });
  return { search, change };
}
