import { useQuery } from "@tanstack/react-query";
import type { RefusedTokenHour } from "../../../../workers/contract/api/resources.ts";
import { DAY_MS } from "../../../../workers/contract/units.ts";
import { refusedTokensQuery } from "../../api/workspace.ts";
import { useNow } from "../../ui/use-now.ts";

/** A line with the numbers of refused tokens; nothing if there were none. */
export function RefusedTokens({ slug }: { slug: string }) {
  const { data } = useQuery(refusedTokensQuery(slug));
  const now = useNow(60_000);
  if (!data || data.length === 0) return null;
  const lastDay = sum(data.filter(({ at }) => at > now - DAY_MS));
  return (
    <p className="mb-3 text-sm text-dim">
      Requests with a token that is not valid here: {lastDay} in the last 24 hours, {sum(data)} in
      the last 7 days. They were refused.
    </p>
  );
}

function sum(hours: RefusedTokenHour[]): number {
  return hours.reduce((total, { count }) => total + count, 0);
}
