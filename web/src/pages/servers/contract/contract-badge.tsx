import { useQuery } from "@tanstack/react-query";
import { contractsQuery } from "../../../api/contracts.ts";
import { useCan } from "../../../api/me.ts";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Badge } from "../../../ui/page.tsx";

/** The number of a server’s changes that wait for a decision; nothing if there is none, or for a member. */
export function ContractBadge({ slug, server }: { slug: string; server: string }) {
  const isReader = useCan(slug, "contract.read");
  const { data } = useQuery({ ...contractsQuery(slug), enabled: isReader });
  const summary = data?.find((one) => one.server.slug === server);
  if (!summary || summary.open === 0) return null;
  const isBad = summary.severity === "critical" || summary.severity === "high";
  return (
    <Badge tone={isBad ? "bad" : "warn"}>
      {summary.held > 0
        ? pluralize(summary.held, "held change")
        : pluralize(summary.open, "new change")}
    </Badge>
  );
}
