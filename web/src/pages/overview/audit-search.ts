import type { CallStatus } from "../../../../workers/contract/records/audit.ts";

/** Search parameters of the audit log for the calls of a figure. `from` and `to` in epoch ms. */
export interface AuditSearch {
  from: number;
  to: number;
  member?: string;
  server?: string;
  tool?: string;
  status?: CallStatus;
  error?: string;
  client?: string;
  clientVersion?: string;
}

/** What a figure belongs to. */
export interface FigureOwner {
  serverSlug?: string | null;
  toolName?: string | null;
  memberId?: string | null;
  clientName?: string | null;
  clientVersion?: string | null;
}

/** Search parameters for the calls of a server, tool, member or client in a time range. */
export function toAuditSearch(
  { from, to }: { from: number; to: number },
  item: FigureOwner,
  status?: CallStatus,
  errorCode: string | null = null,
): AuditSearch {
  return {
    from,
    to,
    ...(item.memberId ? { member: item.memberId } : {}),
    ...(item.serverSlug ? { server: item.serverSlug } : {}),
    // In quotes: the whole name, not a part of it.
    ...(item.toolName ? { tool: `"${item.toolName}"` } : {}),
    ...(item.clientName ? { client: item.clientName } : {}),
    ...(item.clientVersion ? { clientVersion: item.clientVersion } : {}),
    ...(status === undefined ? {} : { status }),
    ...(errorCode === null ? {} : { error: errorCode }),
  };
}
