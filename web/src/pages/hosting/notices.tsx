import { useQuery } from "@tanstack/react-query";
import { Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { catalogueQuery, instancesQuery } from "../../api/hosting.ts";
import { classNames } from "../../ui/class-names.ts";

/** Something to know before going on. */
export function Notice({ tone, children }: { tone: "warn" | "info"; children: ReactNode }) {
  const Icon = tone === "warn" ? TriangleAlert : Info;
  return (
    <div
      role="note"
      className={classNames(
        "flex items-start gap-2.5 rounded-lg px-4 py-3 text-sm",
        tone === "warn" ? "bg-warn-soft text-warn" : "bg-accent-soft text-accent-ink",
      )}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 wrap-anywhere">{children}</div>
    </div>
  );
}

/** What an admin must know of the hosts before deploying: that there are none, or that they isolate nothing. */
export function HostNotices() {
  const { data } = useQuery(catalogueQuery);
  if (!data) return null;
  return (
    <>
      {data.warning !== null && <Notice tone="warn">{data.warning}</Notice>}
      {data.hosts === 0 && (
        <Notice tone="warn">
          No container host takes servers now, so nothing can be deployed. The operator registers
          one, or finds out why those that are registered do not answer or are drained.
        </Notice>
      )}
    </>
  );
}

/** How many hosted servers there are of those that the plan allows; undefined while that is not known. */
export function usePlace(slug: string) {
  const { data } = useQuery(instancesQuery(slug));
  if (!data) return undefined;
  const { items, limit, plan } = data;
  return { used: items.length, limit, plan: plan.plan, isFull: items.length >= limit };
}

/** The plan's limit, and what to do when it is reached. */
export function PlanNotice({ slug }: { slug: string }) {
  const place = usePlace(slug);
  if (place?.isFull !== true) return null;
  return (
    <Notice tone="warn">
      This workspace has {place.used} of {place.limit} hosted servers, as many as it may have on the{" "}
      {place.plan} plan. Terminate one, or ask the operator for more.
    </Notice>
  );
}

/** "2 of 3 hosted servers". */
export function PlanCount({ slug }: { slug: string }) {
  const place = usePlace(slug);
  if (!place) return null;
  return (
    <span className="whitespace-nowrap tabular-nums">
      {place.used} of {place.limit} hosted servers
    </span>
  );
}
