import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import type { ServerTool } from "../../../../workers/contract/api/resources.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { useCan } from "../../api/me.ts";
import { ALL_ITEMS, usageTotalsQuery, type UsageRange } from "../../api/usage.ts";
import { formatCount, pluralize } from "../../ui/format-numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { toAuditSearch } from "../overview/audit-search.ts";
import { toUsageRange } from "../overview/ranges.ts";

/** The calls of a server's tools in two time ranges; of a member, the own ones. */
export interface ToolUse {
  isMine: boolean;
  ranges: Record<"7d" | "30d", UsageRange>;
  /** Null while they are not known. */
  find: (tool: string, range: "7d" | "30d") => number | null;
}

/** Reads the calls of a server's tools of the last 7 and 30 days. */
export function useToolUse(slug: string, server: string): ToolUse {
  const isMine = !useCan(slug, "audit.read");
  const now = useNow(HOUR_MS);
  const ranges = { "7d": toUsageRange("7d", now), "30d": toUsageRange("30d", now) };
  const choice = { by: "tool", limit: ALL_ITEMS, server } as const;
  const week = useQuery(usageTotalsQuery({ slug, isMine, range: ranges["7d"] }, choice));
  const month = useQuery(usageTotalsQuery({ slug, isMine, range: ranges["30d"] }, choice));
  const data = { "7d": week.data, "30d": month.data };
  return {
    isMine,
    ranges,
    find: (tool, range) => {
      const items = data[range]?.items;
      return items ? (items.find(({ toolName }) => toolName === tool)?.total.calls ?? 0) : null;
    },
  };
}

interface Props {
  slug: string;
  server: string;
  tool: z.infer<typeof ServerTool>;
  use: ToolUse;
}

/** Calls of a tool, who may call it, and since when the server lists it. */
export function ToolFacts({ slug, server, tool, use }: Props) {
  const { allowedMembers, firstListedAt } = tool;
  const link = (range: "7d" | "30d", label: string) => {
    const calls = use.find(tool.name, range);
    return (
      <Link
        to="/w/$slug/audit"
        params={{ slug }}
        search={toAuditSearch(use.ranges[range], { serverSlug: server, toolName: tool.name })}
        className="link underline"
      >
        {calls === null ? "–" : formatCount(calls)} in {label}
      </Link>
    );
  };
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-dim">
      <span>
        {use.isMine ? "Your calls" : "Calls"}: {link("7d", "7 days")}, {link("30d", "30 days")}
      </span>
      {allowedMembers !== null && (
        <Link
          to="/w/$slug/access"
          params={{ slug }}
          search={{ view: "tool", tool: `${server}:${tool.name}` }}
          className="link underline"
        >
          {allowedMembers === 0
            ? "No member may call it"
            : `${pluralize(allowedMembers, "member")} may call it`}
        </Link>
      )}
      {firstListedAt !== null && (
        <span>
          First listed <ExactTime at={firstListedAt} />
        </span>
      )}
    </p>
  );
}
