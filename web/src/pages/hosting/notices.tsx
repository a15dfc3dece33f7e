import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { hostingCatalogueQuery, instancesQuery } from "../../api/hosting.ts";
import { useMe } from "../../api/me.ts";
import { Notice } from "../../ui/notice.tsx";

/** Warnings about container hosts: none is available, or a host does not isolate servers. */
export function HostNotices() {
  const { data } = useQuery(hostingCatalogueQuery);
  const { user } = useMe();
  if (!data) return null;
  return (
    <>
      {data.warning !== null && <Notice tone="warn">{data.warning}</Notice>}
      {!data.hasHost && (
        <Notice tone="warn">
          No container host is available, so no server can be deployed.{" "}
          {user.managesHosts ? (
            <Link to="/hosts" className="underline">
              Add a host, or see why the present ones take no servers
            </Link>
          ) : (
            "Ask the operator to add a host, or to check why the present ones take no servers"
          )}
          .
        </Notice>
      )}
    </>
  );
}

/** Number of hosted servers and the plan's limit; undefined while loading. */
export function usePlanUsage(slug: string) {
  const { data } = useQuery(instancesQuery(slug));
  if (!data) return undefined;
  const { items, limit, plan } = data;
  return { used: items.length, limit, plan: plan.plan, isFull: items.length >= limit };
}

/** Warning that the plan's limit of hosted servers is reached; nothing below the limit. */
export function PlanNotice({ slug }: { slug: string }) {
  const planUsage = usePlanUsage(slug);
  if (planUsage?.isFull !== true) return null;
  return (
    <Notice tone="warn">
      This workspace uses {planUsage.used} of {planUsage.limit} hosted servers, the limit of the{" "}
      {planUsage.plan} plan. Terminate a server, or ask the operator to change the plan.
    </Notice>
  );
}

/** Usage of the plan: "2 of 3 hosted servers used". */
export function PlanUsage({ slug }: { slug: string }) {
  const planUsage = usePlanUsage(slug);
  if (!planUsage) return null;
  return (
    <span className="whitespace-nowrap tabular-nums">
      {planUsage.used} of {planUsage.limit} hosted servers used
    </span>
  );
}
