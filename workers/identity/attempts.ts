import type { Db } from "../db/database.ts";
import { countAttempt } from "../db/sessions.ts";

/** Requests of one address to the sign-in routes in a stretch of time: a sign-in takes two, and an office shares an address. */
const MAX_ATTEMPTS = 60;
const ATTEMPTS_STRETCH_MS = 5 * 60 * 1000;

/** Counts a request to a sign-in route; the seconds to wait when there were too many from this address, else null. */
export async function takeAttempt(db: Db, address: string, now: number): Promise<number | null> {
  const since = now - (now % ATTEMPTS_STRETCH_MS);
  const count = await countAttempt(db, address, since);
  return count <= MAX_ATTEMPTS ? null : Math.ceil((since + ATTEMPTS_STRETCH_MS - now) / 1000);
}
