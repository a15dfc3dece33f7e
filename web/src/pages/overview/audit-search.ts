import type { CallStatus } from "../../../../workers/contract/records/audit.ts";

/** Search parameters of the audit log for the calls of a figure. `from` and `to` in epoch ms. */
export interface AuditSearch {
  from: number;
  to: number;
  member?: string;
  server?: string;
  tool?: string;
  status?: CallStatus;
}

/** Search parameters for the calls of a server, tool or member in a time range. */
export function toAuditSearch(
  { from, to }: { from: number; to: number },
  item: { serverSlug?: string | null; toolName?: string | null; memberId?: string | null },
  status?: CallStatus,
): AuditSearch {
  return {
    from,
    to,
    ...(item.memberId ? { member: item.memberId } : {}),
    ...(item.serverSlug ? { server: item.serverSlug } : {}),
    ...(item.toolName ? { tool: item.toolName } : {}),
    ...(status === undefined ? {} : { status }),
  };
}
