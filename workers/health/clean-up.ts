import { ACCESS_REQUEST_DAYS } from "../contract/api/access-requests.ts";
import { DEPLOYMENT } from "../contract/records/audit.ts";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import { deleteExpiredAccessRequests, lapseAccessRequests } from "../db/access-requests.ts";
import { deleteExpiredAlerts } from "../db/alerts.ts";
import { deleteExpiredSignIns } from "../db/browser-sessions.ts";
import { deleteExpiredCalls } from "../db/calls.ts";
import { deleteExpiredChecks, rollUpChecks } from "../db/checks.ts";
import { readDatabaseBytes, toDatabaseLevel } from "../db/database-size.ts";
import { openDb, type Db } from "../db/database.ts";
import { deleteExpiredEvents } from "../db/events.ts";
import { listExpiredWorkspaces, purgeDeletedWorkspaces } from "../db/expired-workspaces.ts";
import { deleteExpiredNames } from "../db/former-members.ts";
import { deleteOldGenerated } from "../db/generated-servers.ts";
import { deleteExpiredUsageDays } from "../db/instances.ts";
import { deleteExpiredClaims } from "../db/marketplace-claims.ts";
import { deleteExpiredInstalls } from "../db/marketplace-installs.ts";
import { deleteExpiredDrift } from "../db/marketplace-probes.ts";
import { deleteExpiredProofs } from "../db/marketplace-publications.ts";
import { deleteOldReadmes } from "../db/marketplace-readmes.ts";
import { deleteExpiredReports } from "../db/marketplace-reports.ts";
import { deleteExpiredRequests } from "../db/marketplace-requests.ts";
import { deleteExpiredScoreDays } from "../db/marketplace-score-days.ts";
import { deleteExpiredOauthRecords } from "../db/oauth-records.ts";
import { QueryBudget } from "../db/query-budget.ts";
import { deleteExpiredRefusedTokens } from "../db/refused-tokens.ts";
import { deleteExpiredTemporaryTokens } from "../db/temporary-tokens.ts";
import { deleteExpiredUsage, rollUpUsage } from "../db/usage.ts";
import { deleteExpiredShares } from "../db/workshop-shares.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { settingsOf } from "../runtime/settings.ts";

/** Queries of one run, of the 1,000 that D1 allows. What it does not finish, the next ones do. */
const MAX_QUERIES = 900;
const MAX_RETENTION_DAYS = 90;
/** Usage by the hour is read for eight days. */
const USAGE_HOURS_DAYS = 9;
/** Usage of hosted servers is kept long enough to bill a year. */
const HOSTING_USAGE_DAYS = 400;
/** Closed reports of wrong data are kept long enough to answer questions about them. */
const REPORT_DAYS = 365;
/** Claims of namespaces that were not proven, and those that the operator withdrew. */
const PENDING_CLAIM_DAYS = 7;
const WITHDRAWN_CLAIM_DAYS = 30;
/** Proofs of namespaces, of which the valid ones are newer. */
const PROOF_DAYS = 2;
/** Scores of servers over time. */
const SCORE_DAYS = 400;
/** READMEs that were not asked for since. */
const README_DAYS = 30;
/** Older health checks are kept by the hour. */
const ALL_CHECKS_DAYS = 7;
/** Alerts are shown for this time. */
const ALERT_DAYS = 30;
/** Hours whose checks one run rolls up, so that those of a run that failed are not left out. */
const ROLLED_UP_HOURS = 6;
/** Workspaces of one run. */
const MAX_WORKSPACES = 300;

/** Deletes expired rows: first what belongs to no workspace, then by workspace. `now`: epoch ms. */
export async function cleanUp(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  const budget = new QueryBudget(MAX_QUERIES);
  await cleanUpDeployment(db, now, budget);
  await cleanUpWorkspaces(db, now, budget);
  // After the deletions, because both need space first.
  await rollUpUsage(db, now - USAGE_HOURS_DAYS * DAY_MS, MAX_WORKSPACES, budget).catch(
    (error: unknown) => logFailure("usage_not_rolled_up", error),
  );
  if (await budget.take(3))
    await lapseAccessRequests(db, now - ACCESS_REQUEST_DAYS * DAY_MS, now).catch((error: unknown) =>
      logFailure("access_requests_not_lapsed", error),
    );
  if (budget.isSpent) logEvent({ event: "retention_unfinished" });
  await reportDatabaseSize(db, settingsOf(env).databaseMaxBytes);
}

async function cleanUpDeployment(db: Db, now: number, budget: QueryBudget): Promise<void> {
  // Few rows: sign-ins are three statements, the others one.
  if (!(await budget.take(11))) return;
  await deleteExpiredSignIns(db, now);
  await deleteExpiredTemporaryTokens(db, now);
  await deleteExpiredShares(db, now);
  await deleteExpiredUsageDays(db, Math.floor(now / DAY_MS) - HOSTING_USAGE_DAYS);
  await deleteOldGenerated(db, Math.floor(now / DAY_MS) - 1);
  await deleteExpiredReports(db, now - REPORT_DAYS * DAY_MS);
  await deleteExpiredClaims(
    db,
    now - PENDING_CLAIM_DAYS * DAY_MS,
    now - WITHDRAWN_CLAIM_DAYS * DAY_MS,
  );
  await deleteExpiredProofs(db, now - PROOF_DAYS * DAY_MS);
  await deleteExpiredScoreDays(db, Math.floor(now / DAY_MS) - SCORE_DAYS);
  await purgeDeletedWorkspaces(db, now, MAX_WORKSPACES);
  const oldestAt = now - MAX_RETENTION_DAYS * DAY_MS;
  await deleteExpiredEvents(db, DEPLOYMENT, oldestAt, budget);
  if (await budget.take(1)) await deleteExpiredAlerts(db, now - ALERT_DAYS * DAY_MS);
  await deleteExpiredChecks(db, oldestAt, budget);
  await deleteExpiredInstalls(db, Math.floor(now / DAY_MS), budget);
  await deleteOldReadmes(db, now - README_DAYS * DAY_MS, budget);
  await deleteExpiredDrift(db, now, budget);
  await deleteExpiredOauthRecords(db, now, now - DAY_MS, budget);
  const hour = Math.floor((now - ALL_CHECKS_DAYS * DAY_MS) / HOUR_MS);
  for (let ago = 1; ago <= ROLLED_UP_HOURS && (await budget.take(1)); ago++)
    await rollUpChecks(db, (hour - ago) * HOUR_MS);
}

/** Deletes rows past their workspace's retention. */
async function cleanUpWorkspaces(db: Db, now: number, budget: QueryBudget): Promise<void> {
  if (!(await budget.take(1))) return;
  for (const { id, before } of await listExpiredWorkspaces(db, now, MAX_WORKSPACES)) {
    // Usage, counts, names and requests are few: they are deleted in one step, of two statements and of one each.
    if (!(await budget.take(6))) break;
    await deleteExpiredUsage(db, id, before);
    await deleteExpiredNames(db, id, before);
    await deleteExpiredRequests(db, id, before);
    await deleteExpiredAccessRequests(db, id, before);
    await deleteExpiredRefusedTokens(db, id, before);
    const calls = await deleteExpiredCalls(db, id, before, budget);
    const events = await deleteExpiredEvents(db, id, before, budget);
    if (calls + events > 0) logEvent({ event: "retention", workspace: id, calls, events });
  }
}

/** Logs the database's size from 60 % on. */
async function reportDatabaseSize(db: Db, maxBytes: number): Promise<void> {
  const bytes = await readDatabaseBytes(db);
  const level = toDatabaseLevel(bytes, maxBytes);
  if (level !== "ok") logEvent({ event: "database_size", level, bytes, maxBytes });
}
