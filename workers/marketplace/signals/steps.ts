import type { JobMessage, SignalService } from "../../contract/api/marketplace-signals.ts";
import { DAY_MS, HOUR_MS } from "../../contract/units.ts";
import { openDb, type Db } from "../../db/database.ts";
import { advanceJob, findPresentJob, type JobRow } from "../../db/marketplace-jobs.ts";
import { listServerNumbers } from "../../db/marketplace-scores.ts";
import {
  listDueSubjects,
  listServersOfSubjects,
  storeSignals,
  type CheckedSignal,
} from "../../db/marketplace-signals.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent } from "../../runtime/log.ts";
import { rescoreServers } from "../rescore.ts";
import { toLease } from "../sync/runs.ts";
import type { SignalBatch, SignalResult } from "./figures.ts";
import { sendJob } from "./schedule.ts";
import { askService, findOffReason, MAX_DUE } from "./services.ts";

/** When a subject is asked for again: with figures, without the subject, and after a failure of this subject alone. */
const CHECK_AGAIN_MS = { known: 7 * DAY_MS, gone: 30 * DAY_MS, failed: DAY_MS };
/** Pause between two requests to a service. */
const PAUSE_SECONDS = 1;
/** Waiting times after failures in a row: 1, 2, 4 … minutes, and at least as long as the service asks for. */
const FIRST_DELAY_SECONDS = 60;
const MAX_DELAY_SECONDS = HOUR_MS / 1_000;
/** Servers whose scores one step computes. Those of a very large repository beyond it change in the night. */
const SERVERS_AT_ONCE = 200;
/** The scores of all servers are computed at this hour of the day, UTC. */
const NIGHT_HOUR = 3;

/** Does one step of a job. A message of a step that is over does nothing. */
export async function runJobStep(env: Env, { job: name, step }: JobMessage): Promise<void> {
  const db = openDb(env.DB);
  const job = await findPresentJob(db, { name, step });
  if (!job) return;
  if (name === "scores") await scoreAll(env, db, job);
  // It was switched off after the message was sent.
  else if (findOffReason(env, name) === null) await askFor(env, db, { ...job, service: name });
}

/** Computes the scores of some servers, then those of the following ones, until the night's work is done. */
async function scoreAll(env: Env, db: Db, job: JobRow): Promise<void> {
  const numbers = await listServerNumbers(db, job.cursor, SERVERS_AT_ONCE);
  await rescoreServers(db, numbers, Date.now());
  const last = numbers.length < SERVERS_AT_ONCE ? undefined : numbers.at(-1);
  const next =
    last === undefined
      ? { cursor: 0, nextStepAt: toNextNight(Date.now()) }
      : { cursor: last, nextStepAt: toLease() };
  const isAdvanced = await advanceJob(db, job, next);
  if (isAdvanced && last !== undefined) await sendJob(env, { job: job.name, step: job.step + 1 });
}

/** The next beginning of the night's work, epoch ms. */
function toNextNight(now: number): number {
  const next = new Date(now).setUTCHours(NIGHT_HOUR, 0, 0, 0);
  return next > now ? next : next + DAY_MS;
}

/** Asks a service for the next subjects, and stores what it says with the scores that change by it. */
async function askFor(env: Env, db: Db, job: JobRow & { service: SignalService }): Promise<void> {
  const { service, attempt } = job;
  const now = Date.now();
  const due = await listDueSubjects(db, service, now, MAX_DUE);
  const used = due.filter(({ isUsed }) => isUsed === 1);
  const { results, stop } = await askDue(env, job, used);
  const known = new Map(used.map((row) => [row.subject, row]));
  const checked = results.map((result) => toChecked(result, now));
  const unused = due.filter(({ isUsed }) => isUsed !== 1).map(({ subject }) => subject);
  if (checked.length + unused.length > 0) await storeSignals(db, service, { checked, unused }, now);
  const changed = checked.filter(
    ({ subject, detail, isGone }) =>
      detail !== undefined &&
      (known.get(subject)?.detail !== detail || known.get(subject)?.isGone !== isGone),
  );
  if (changed.length > 0) {
    const subjects = changed.map(({ subject }) => subject);
    const numbers = await listServersOfSubjects(db, service, subjects, SERVERS_AT_ONCE);
    await rescoreServers(db, numbers, Date.now());
  }
  if (stop) return wait(db, job, stop);
  const next = { attempt: 0, problem: null, nextStepAt: toLease(PAUSE_SECONDS) };
  const isDone = due.length < MAX_DUE && results.length === used.length;
  const isAdvanced = await advanceJob(db, job, isDone ? { ...next, nextStepAt: now } : next);
  if (isAdvanced && !isDone)
    await sendJob(env, { job: service, step: job.step + 1 }, PAUSE_SECONDS);
  if (attempt > 0) logEvent({ event: "marketplace_signals_resumed", service });
}

async function askDue(
  env: Env,
  job: { service: SignalService; attempt: number },
  used: { subject: string }[],
): Promise<SignalBatch> {
  if (used.length === 0) return { results: [], stop: null };
  return askService(
    env,
    job,
    used.map(({ subject }) => subject),
  );
}

function toChecked(result: SignalResult, now: number): CheckedSignal {
  const { subject, outcome } = result;
  return {
    subject,
    nextCheckAt: now + CHECK_AGAIN_MS[outcome],
    isGone: outcome === "gone",
    detail:
      outcome === "known" ? JSON.stringify(result.figures) : outcome === "gone" ? null : undefined,
  };
}

/** Leaves a service alone for some time. The cron goes on then. */
async function wait(
  db: Db,
  job: JobRow & { service: SignalService },
  { problem, waitSeconds }: NonNullable<SignalBatch["stop"]>,
): Promise<void> {
  const { service } = job;
  const attempt = job.attempt + 1;
  const growing = Math.min(FIRST_DELAY_SECONDS * 2 ** (attempt - 1), MAX_DELAY_SECONDS);
  const seconds = Math.ceil(Math.max(growing, waitSeconds));
  const nextStepAt = Date.now() + seconds * 1_000;
  if (await advanceJob(db, job, { attempt, problem, nextStepAt }))
    logEvent({ event: "marketplace_signals_delayed", service, attempt, seconds });
}
