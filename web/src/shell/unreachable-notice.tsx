import { useQueryClient } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useEffect, useRef } from "react";
import { tryGateway, useReachability, watchReachability } from "../api/reachability.ts";
import { Button } from "../ui/button.tsx";
import { classNames } from "../ui/class-names.ts";
import { formatClock, formatRelative } from "../ui/format-time.ts";
import { useNow } from "../ui/use-now.ts";

/** Says on every page that the gateway does not answer, and since when. Refetches all data when it answers again. */
export function UnreachableNotice({ className }: { className: string }) {
  const { unreachableSince } = useReachability();
  const client = useQueryClient();
  const wasUnreachable = useRef(false);
  useEffect(watchReachability, []);
  useEffect(() => {
    if (unreachableSince === null && wasUnreachable.current) void client.invalidateQueries();
    wasUnreachable.current = unreachableSince !== null;
  }, [unreachableSince, client]);
  if (unreachableSince === null) return null;
  return <Notice since={unreachableSince} className={className} />;
}

function Notice({ since, className }: { since: number; className: string }) {
  const shownAt = useOldestData();
  return (
    <div
      className={classNames(
        "sticky z-20 flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-warn-soft px-4 py-2 text-sm text-warn md:px-8",
        className,
      )}
    >
      <Unplug className="size-4 shrink-0" aria-hidden />
      <p role="alert" className="min-w-0 flex-1 basis-64">
        <strong className="font-medium">
          The gateway has not answered since {formatClock(since)}.
        </strong>{" "}
        {shownAt === undefined
          ? "Changes are not saved until it answers."
          : `You see data as of ${formatClock(shownAt)}. Changes are not saved until it answers.`}
      </p>
      <NextTry since={since} />
    </div>
  );
}

/** Not part of the alert, which is said again whenever it changes. */
function NextTry({ since }: { since: number }) {
  const { nextTryAt } = useReachability();
  const now = useNow(1_000);
  const seconds = nextTryAt === null ? 0 : Math.max(0, Math.ceil((nextTryAt - now) / 1_000));
  return (
    <div className="flex items-center gap-3 text-xs">
      <span>
        {formatRelative(since, now)} · {seconds === 0 ? "trying again" : `next try in ${seconds} s`}
      </span>
      <Button size="sm" isBusy={nextTryAt === null} onClick={() => void tryGateway()}>
        Try now
      </Button>
    </div>
  );
}

/** When the oldest data on the page was fetched (epoch ms); undefined: the page has none. */
function useOldestData(): number | undefined {
  const queries = useQueryClient().getQueryCache().findAll({ type: "active" });
  const times = queries
    // The user's own permissions are fetched seldom, and the API checks them.
    .filter(({ queryKey, state }) => queryKey[0] !== "me" && state.data !== undefined)
    .map(({ state }) => state.dataUpdatedAt);
  return times.length === 0 ? undefined : Math.min(...times);
}
