import { incrementAttempts } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";

/** Requests to the sign-in routes per address and window. A sign-in takes two, and an office can share one address. */
const MAX_ATTEMPTS = 60;
const ATTEMPTS_WINDOW_MS = 5 * 60 * 1000;

/** Counts a request to a sign-in route. Returns the seconds to wait if the address is over the limit, else null. */
export async function countSignInAttempt(
  db: Db,
  address: string,
  now: number,
): Promise<number | null> {
  const windowStart = now - (now % ATTEMPTS_WINDOW_MS);
  const count = await incrementAttempts(db, address, windowStart);
  return count <= MAX_ATTEMPTS ? null : Math.ceil((windowStart + ATTEMPTS_WINDOW_MS - now) / 1000);
}
