import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";

const route = getRouteApi("/signed-in/w/$slug/audit");

/** Search parameters of the audit log. */
export type AuditSearch = ReturnType<typeof route.useSearch>;

/** The search parameters of the audit log, which hold all of its state, and a function that changes some. */
export function useAuditSearch() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = useCallback(
    (change: Partial<AuditSearch>) =>
      void navigate({
        search: (old) => ({ ...old, ...change }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return { search, set };
}
