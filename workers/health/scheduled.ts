import { DEPLOYMENT } from "../contract/records/audit.ts";
import { DAY_MS } from "../contract/units.ts";
import { deleteExpiredSignIns } from "../db/browser-sessions.ts";
import { deleteExpiredCalls } from "../db/calls.ts";
import { deleteExpiredChecks } from "../db/checks.ts";
import { openDb } from "../db/database.ts";
import { DeletionSteps } from "../db/deletion-steps.ts";
import { deleteExpiredEvents } from "../db/events.ts";
import { listExpiredWorkspaces } from "../db/expired-workspaces.ts";
import { deleteExpiredUsageDays } from "../db/instances.ts";
import { deleteExpiredRefusedTokens } from "../db/refused-tokens.ts";
import { deleteExpiredUsage } from "../db/usage.ts";
import { listWorkspaceSlugs } from "../db/workspaces.ts";
import { reconcileHosting } from "../hosting/reconcile.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { settingsOf } from "../runtime/settings.ts";

/** Cron expressions of the hourly clean-up and of the container hosts' check; every other trigger is a health check. */
const RETENTION_CRON = "17 * * * *";
const HOSTING_CRON = "* * * * *";
const WORKSPACES_AT_ONCE = 5;
/** Steps of one clean-up, of two to four statements each. What it does not finish, the next ones do. */
const CLEAN_UP_STEPS = 300;
const MAX_RETENTION_DAYS = 90;
/** Usage of hosted servers is kept long enough to bill a year. */
const HOSTING_USAGE_DAYS = 400;

/** Runs the job of one cron trigger. `scheduledTime`: epoch ms. */
export async function runScheduled(cron: string, scheduledTime: number, env: Env): Promise<void> {
  settingsOf(env);
  if (cron === RETENTION_CRON) await deleteExpired(env, scheduledTime);
  else if (cron === HOSTING_CRON) await reconcileHosting(env);
  else await checkAllServers(env);
}

async function checkAllServers(env: Env): Promise<void> {
  const slugs = await listWorkspaceSlugs(openDb(env.DB));
  const work = slugs[Symbol.iterator]();
  const check = async () => {
    for (const slug of work) {
      await workspacesOf(env)
        .getByName(slug)
        .checkServers()
        .catch((error: unknown) => logFailure("health_check_failed", error, { workspace: slug }));
    }
  };
  await Promise.all(Array.from({ length: WORKSPACES_AT_ONCE }, check));
}

/** Deletes rows past their workspace's retention, in a bounded number of steps. */
async function deleteExpired(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  const steps = new DeletionSteps(CLEAN_UP_STEPS);
  await deleteExpiredSignIns(db, now);
  await deleteExpiredEvents(db, DEPLOYMENT, now - MAX_RETENTION_DAYS * DAY_MS, steps);
  await deleteExpiredChecks(db, now - MAX_RETENTION_DAYS * DAY_MS, steps);
  for (const { id, before } of await listExpiredWorkspaces(db, now, CLEAN_UP_STEPS)) {
    // Usage and counts are few: they are deleted in one step.
    if (!(await steps.take())) break;
    await deleteExpiredUsage(db, id, before);
    await deleteExpiredRefusedTokens(db, id, before);
    const calls = await deleteExpiredCalls(db, id, before, steps);
    const events = await deleteExpiredEvents(db, id, before, steps);
    if (calls + events > 0) logEvent({ event: "retention", workspace: id, calls, events });
  }
  if (steps.areSpent) logEvent({ event: "retention_unfinished" });
  await deleteExpiredUsageDays(db, Math.floor(now / DAY_MS) - HOSTING_USAGE_DAYS);
}
