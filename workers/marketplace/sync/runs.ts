import type { AuditEvent } from "../../contract/records/audit.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../contract/units.ts";
import type { Db } from "../../db/database.ts";
import { endRun, insertRun, takeOverRun, type RunRow } from "../../db/marketplace-runs.ts";
import type { SourceRow } from "../../db/marketplace-sources.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent } from "../../runtime/log.ts";
import { PAGE_MS } from "./fetch-page.ts";

/** Registries ask to be polled about hourly. */
const UPDATE_EVERY_MS = HOUR_MS;
const SWEEP_EVERY_MS = 7 * DAY_MS;
/** After a sweep that has failed, the updates go on. */
const RETRY_SWEEP_AFTER_MS = DAY_MS;
/** An update asks for what changed from so long before the last run on, because two clocks differ. */
const OVERLAP_MS = 10 * MINUTE_MS;
/** A step that is not over by then has lost its Worker or its message. */
const LEASE_MS = 2 * PAGE_MS;
/** Failures of one step before the run fails: with the waiting times, a registry is away for a quarter of an hour. */
export const MAX_ATTEMPTS = 10;

/** The end of the time that a step has which begins in `delaySeconds`. */
export function toLease(delaySeconds = 0): number {
  return Date.now() + delaySeconds * 1_000 + LEASE_MS;
}

/** What the operator asks of a run; both false and null: what is due. */
export interface RunRequest {
  isSweep: boolean;
  acceptsLoss: boolean;
  event: AuditEvent | null;
}

/** Starts a run of a source. Null: one is running. */
export async function startRun(
  env: Env,
  db: Db,
  source: SourceRow,
  { isSweep, acceptsLoss, event }: RunRequest,
): Promise<RunRow | null> {
  const now = Date.now();
  const since = isSweep || source.nextSweepAt <= now ? null : source.syncedAt;
  const run = await insertRun(
    db,
    {
      source: source.name,
      kind: since === null ? "sweep" : "update",
      since: since === null ? null : since - OVERLAP_MS,
      acceptsLoss,
      startedAt: now,
      leaseUntil: toLease(),
    },
    now + UPDATE_EVERY_MS,
    event,
  );
  if (run) await begin(env, run);
  return run;
}

/** Starts the run that deletes a source with its records. Null: a run of the source is in progress. */
export async function startRemoval(env: Env, db: Db, source: string): Promise<RunRow | null> {
  const startedAt = Date.now();
  const kind = "removal" as const;
  const made = { source, kind, since: null, acceptsLoss: true, startedAt, leaseUntil: toLease() };
  const run = await insertRun(db, made, startedAt, null);
  if (run) await begin(env, run);
  return run;
}

async function begin(env: Env, run: RunRow): Promise<void> {
  const { number, source, kind } = run;
  logEvent({ event: "marketplace_run_started", run: number, source, kind });
  await sendStep(env, run);
}

/** Has the queue do a step. If the message is lost, the run is taken over when its lease ends. */
export async function sendStep(
  env: Env,
  { number, step }: Pick<RunRow, "number" | "step">,
  delaySeconds = 0,
): Promise<void> {
  await env.MARKETPLACE_QUEUE.send({ run: number, step }, { delaySeconds });
}

/** Goes on with a run whose step has not ended in its time. */
export async function resumeRun(env: Env, db: Db, run: RunRow): Promise<void> {
  const taken = await takeOverRun(db, { ...run, leaseUntil: toLease() });
  if (!taken) return;
  const { number, source, pages, attempt } = taken;
  logEvent({ event: "marketplace_run_resumed", run: number, source, pages, attempt });
  if (attempt < MAX_ATTEMPTS) return sendStep(env, taken);
  const problem = `Page ${pages + 1} was begun ${attempt} times and not ended: the log has the cause`;
  await finishRun(db, taken, { state: "failed", problem });
}

/** Ends a run and plans the next ones of its source. */
export async function finishRun(
  db: Db,
  run: RunRow,
  end: { state: "done" | "failed"; problem: string | null },
): Promise<void> {
  const ended = await endRun(db, run, {
    ...end,
    endedAt: Date.now(),
    source: planNext(run, end.state),
    removesSource: run.kind === "removal" && end.state === "done",
    // Not after an update: a comparison of all servers can take longer than the hour until the next one.
    restartsComparison: run.kind === "sweep" && end.state === "done",
  });
  if (!ended) return;
  const { number, source, kind, state, pages, changed, unchanged, deleted, rejected } = ended;
  const counts = { pages, changed, unchanged, deleted, rejected };
  logEvent({ event: "marketplace_run_ended", run: number, source, kind, state, ...counts });
}

function planNext({ kind, startedAt }: RunRow, state: "done" | "failed") {
  if (kind === "removal") return {};
  const sweepAfterMs = state === "done" ? SWEEP_EVERY_MS : RETRY_SWEEP_AFTER_MS;
  return {
    ...(state === "done" ? { syncedAt: startedAt } : {}),
    ...(kind === "sweep" ? { nextSweepAt: startedAt + sweepAfterMs } : {}),
  };
}
