import { HOUR_MS, MINUTE_MS } from "../../contract/units.ts";
import { openDb, type Db } from "../../db/database.ts";
import { advanceFollow, listDueFollows, type FollowRow } from "../../db/followed-registries.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";

/** Registries ask to be polled about hourly. */
const READ_EVERY_MS = HOUR_MS;
/** A step that is not over by then has lost its Worker or its message. */
const LEASE_MS = 2 * MINUTE_MS;
/** Waiting times after failures double up to that of a reading that has succeeded. */
const FIRST_RETRY_MS = MINUTE_MS;
const LOST_STEP = "A step did not end in its time: the log of the gateway has the cause";

/** Begins the readings that are due at `now` (epoch ms), and ends those whose Worker or message is lost. */
export async function scheduleFollows(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  for (const follow of await listDueFollows(db, now)) {
    const isIdle = follow.phase === "idle";
    const work = isIdle ? beginReading(env, db, follow) : failRun(db, follow, LOST_STEP);
    await work.catch((error: unknown) =>
      logFailure("follow_not_scheduled", error, { follow: follow.id }),
    );
  }
}

/** Begins to read the registry. Undefined: a step of it has begun meanwhile. */
export async function beginReading(
  env: Env,
  db: Db,
  follow: FollowRow,
): Promise<FollowRow | undefined> {
  const begun = await advanceFollow(db, follow, {
    run: follow.run + 1,
    phase: "pages",
    cursor: "",
    pages: 0,
    leaseUntil: toLease(),
  });
  if (begun) await sendStep(env, begun);
  return begun;
}

/** Goes on with the next step of a run. */
export async function goOn(
  env: Env,
  db: Db,
  follow: FollowRow,
  change: Partial<Pick<FollowRow, "phase" | "cursor" | "pages">> = {},
): Promise<void> {
  const next = await advanceFollow(db, follow, { ...change, leaseUntil: toLease() });
  if (next) await sendStep(env, next);
}

/** Ends a run that has succeeded. One without pages has only applied what was approved. */
export async function endRun(db: Db, follow: FollowRow): Promise<void> {
  const now = Date.now();
  const read = { checkedAt: now, nextRunAt: now + READ_EVERY_MS, attempt: 0, problem: null };
  const change = follow.pages > 0 ? read : {};
  if (await advanceFollow(db, follow, { phase: "idle", ...change }))
    logEvent({ event: "follow_run_ended", follow: follow.id, pages: follow.pages });
}

/** Ends a run with the reason, and plans the next attempt. `retryAfterSeconds`: what the registry asks for. */
export async function failRun(
  db: Db,
  follow: FollowRow,
  problem: string,
  retryAfterSeconds = 0,
): Promise<void> {
  const attempt = follow.attempt + 1;
  const growing = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), READ_EVERY_MS);
  const waitMs = Math.max(growing, retryAfterSeconds * 1_000);
  const change = { attempt, problem, nextRunAt: Date.now() + waitMs };
  if (await advanceFollow(db, follow, { phase: "idle", ...change }))
    logEvent({ event: "follow_run_failed", follow: follow.id, attempt, waitMs });
}

/** Has the queue do the present step. If the message is lost, the run ends as failed when its lease does. */
export async function sendStep(env: Env, { id, step }: FollowRow): Promise<void> {
  await env.MARKETPLACE_QUEUE.send({ follow: id, step });
}

/** The end of the time that a step has which begins now. */
export function toLease(): number {
  return Date.now() + LEASE_MS;
}
