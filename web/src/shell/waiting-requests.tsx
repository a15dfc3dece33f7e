import { useQuery } from "@tanstack/react-query";
import { openAccessRequestsQuery } from "../api/access-requests.ts";
import { useRequestScope, waitingRequestsQuery } from "../api/server-requests.ts";
import { formatCount } from "../ui/format-numbers.ts";

const REFRESH_MS = 60_000;

/** The number of requests that wait for the user, beside the link to them; nothing while there are none. */
export function WaitingRequests({ slug }: { slug: string }) {
  const scope = useRequestScope(slug);
  const query = waitingRequestsQuery(slug, scope);
  const servers = useQuery({ ...query, refetchInterval: REFRESH_MS }).data?.waiting ?? 0;
  const access = useQuery({
    ...openAccessRequestsQuery(slug),
    enabled: scope === "all",
    refetchInterval: REFRESH_MS,
  });
  const waiting = servers + (access.data?.waiting ?? 0);
  if (waiting === 0) return null;
  return (
    <span className="ml-auto rounded bg-accent-soft px-1.5 text-xs font-medium text-accent-ink tabular-nums">
      {formatCount(waiting)}
      <span className="sr-only">{scope === "all" ? " open" : " with an answer"}</span>
    </span>
  );
}
