import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { UsageTotal } from "../../../../workers/contract/api/usage.ts";
import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { toAuditSearch } from "./audit-search.ts";
import type { Split } from "./usage-names.ts";

interface Props {
  slug: string;
  range: { from: number; to: number };
  by: Split;
  item: UsageTotal;
  status?: CallStatus;
  children: ReactNode;
}

/** A link to the calls that a figure counts. Without a filter of the audit log that finds exactly those: only the text. */
export function CallsLink({ slug, range, by, item, status, children }: Props) {
  const hasFilter = {
    server: item.serverSlug !== null,
    tool: item.serverSlug !== null && item.toolName !== null,
    member: item.memberId !== null,
    client: item.clientName !== null && item.clientVersion !== null,
  };
  if (!hasFilter[by]) return <span className="block truncate">{children}</span>;
  return (
    <Link
      to="/w/$slug/audit"
      params={{ slug }}
      search={toAuditSearch(range, item, status)}
      className="link block truncate font-normal"
    >
      {children}
    </Link>
  );
}
