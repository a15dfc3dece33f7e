import type { CallCounts } from "../../../../workers/contract/api/call-figures.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { Pill } from "../../ui/pills.tsx";
import { describeRange } from "./describe-range.ts";
import type { CallFilters } from "./filters.ts";
import { STATUS_LABELS } from "./status.tsx";
import type { useAuditSearch } from "./use-audit-search.ts";
import { describeErrorCode, describeRule, markLeft } from "./words.ts";

/** The active filters of calls as pills. `counts` has what the ids among them are called. */
export function toCallPills(
  filters: CallFilters,
  counts: CallCounts | undefined,
  set: ReturnType<typeof useAuditSearch>["set"],
): Pill[] {
  const { member, token, server, tool, status, method, error, rule, client, clientVersion } =
    filters;
  const pill = (filter: keyof CallFilters, name: string, value: string | undefined): Pill[] =>
    value === undefined ? [] : [{ name, value, onRemove: () => set({ [filter]: undefined }) }];
  const range = describeRange(filters);
  const names = counts?.names;
  const memberName = names?.member && markLeft(names.member, counts?.hasMemberLeft ?? false);
  return [
    ...pill("tool", "Tool", tool && escapeLine(tool)),
    ...pill("status", "Outcome", status && STATUS_LABELS[status]),
    ...pill("member", "Member", member && (memberName ?? member)),
    ...pill("token", "Token", token && (names?.token ?? token)),
    ...pill("server", "Server", server && (names?.server ?? server)),
    ...pill("client", "Client", client && escapeLine(client)),
    ...pill("clientVersion", "Client version", clientVersion && escapeLine(clientVersion)),
    ...pill("error", "Error", error && describeErrorCode(error)),
    ...pill("rule", "Rule", rule && describeRule(rule)),
    ...pill("method", "Method", method && escapeLine(method)),
    ...(range === null
      ? []
      : [
          {
            name: "Time",
            value: range,
            onRemove: () => set({ since: undefined, from: undefined, to: undefined }),
          },
        ]),
  ];
}
