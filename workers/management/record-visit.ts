import type { Db } from "../db/database.ts";
import { touchMember } from "../db/member-activity.ts";
import type { MembershipState } from "../db/users.ts";
import { recordUse } from "../identity/record-use.ts";

/** `lastSeenAt` of a member is stored at most this often. */
const SEEN_AFTER_MS = 10 * 60 * 1000;

/** Stores when a member was here last, at most every ten minutes. */
export async function recordVisit(db: Db, membership: MembershipState): Promise<void> {
  const now = Date.now();
  const { memberId, lastSeenAt, suspendedAt } = membership;
  if (suspendedAt !== null || (lastSeenAt ?? 0) > now - SEEN_AFTER_MS) return;
  await recordUse(touchMember(db, memberId, now));
}
