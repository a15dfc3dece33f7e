import type { MarketplaceInstalls } from "../contract/api/marketplace-installs.ts";
import type { ClientId } from "../contract/marketplace/install/clients.ts";
import { DAY_MS } from "../contract/units.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import type { Db } from "../db/database.ts";
import { countInstall, readInstalls, readSalt } from "../db/marketplace-installs.ts";

const WEEKS = 12;
/** Days of a week. */
export const WEEK_DAYS = 7;
const SALT_BYTES = 32;
/** 128 bits: two visits of a day do not have the same digest by chance. */
const DIGEST_BYTES = 16;

/** Days since 1970-01-01, UTC. */
export function toDay(now: number): number {
  return Math.floor(now / DAY_MS);
}

/**
 * Returns a digest of a visitor and what it does with a server, for a day. A visitor is an address: a browser names itself as
 * it likes. The digest is made with the day's salt: it does not say what else one visitor has done, and it is deleted with
 * the salt after the day.
 */
export async function toVisit(
  db: Db,
  act: string[],
  address: string,
  now: number,
): Promise<{ day: number; digest: string }> {
  const day = toDay(now);
  const fresh = crypto.getRandomValues(new Uint8Array(SALT_BYTES)).toBase64(BASE64URL);
  const salt = await readSalt(db, day, fresh);
  const visit = new TextEncoder().encode(JSON.stringify([salt, ...act, address]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", visit));
  return { day, digest: digest.slice(0, DIGEST_BYTES).toBase64(BASE64URL) };
}

/** Counts an install at most once a day by visitor and server. */
export async function recordInstall(
  db: Db,
  install: { name: string; client: ClientId; address: string },
  now: number,
): Promise<void> {
  const { name, client, address } = install;
  await countInstall(db, { ...(await toVisit(db, [name], address, now)), name, client });
}

/** Returns the installs of a server in each of the last 12 weeks. */
export async function readWeeks(db: Db, name: string, now: number): Promise<MarketplaceInstalls> {
  const today = toDay(now);
  const before = today - WEEKS * WEEK_DAYS;
  const days = await readInstalls(db, name, before);
  const weeks = Array.from({ length: WEEKS }, (_, week) => {
    const first = before + 1 + week * WEEK_DAYS;
    const installs = days
      .filter(({ day }) => day >= first && day < first + WEEK_DAYS)
      .reduce((sum, { count }) => sum + count, 0);
    return { from: first * DAY_MS, installs };
  });
  return { weeks };
}

/** Returns the installs of a server in the last 7 days. */
export async function readLastWeek(db: Db, name: string, now: number): Promise<number> {
  const days = await readInstalls(db, name, toDay(now) - WEEK_DAYS);
  return days.reduce((sum, { count }) => sum + count, 0);
}
