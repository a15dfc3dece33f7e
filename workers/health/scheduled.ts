import { deliverAlerts } from "../alerts/deliver.ts";
import { openDb } from "../db/database.ts";
import { reconcileHosting } from "../hosting/reconcile.ts";
import { checkDueClaims } from "../marketplace/claims/check-claims.ts";
import { compareServers } from "../marketplace/compare-servers.ts";
import { scheduleFollows } from "../marketplace/follow/run.ts";
import { probeDueRemotes } from "../marketplace/probes/run-probes.ts";
import { decideServerOfTheWeek } from "../marketplace/server-of-the-week.ts";
import { scheduleJobs } from "../marketplace/signals/schedule.ts";
import { scheduleSyncs } from "../marketplace/sync/schedule.ts";
import type { Env } from "../runtime/env.ts";
import { settingsOf } from "../runtime/settings.ts";
import { cleanUp } from "./clean-up.ts";
import { wakeWorkspaces } from "./wake-workspaces.ts";

/**
 * Cron expressions of the hourly clean-up, of the check of container hosts, syncs and look-alikes, and of the marketplace's
 * probes and claims. Every other trigger wakes workspaces.
 */
const CLEAN_UP_CRON = "17 * * * *";
const MINUTE_CRON = "* * * * *";
const PROBE_CRON = "*/2 * * * *";

/** Runs the job of one cron trigger. `scheduledTime`: epoch ms. */
export async function runScheduled(cron: string, scheduledTime: number, env: Env): Promise<void> {
  settingsOf(env);
  if (cron === CLEAN_UP_CRON)
    await settleAll(
      cleanUp(env, scheduledTime),
      decideServerOfTheWeek(openDb(env.DB), scheduledTime),
    );
  else if (cron === MINUTE_CRON)
    await settleAll(
      reconcileHosting(env),
      scheduleSyncs(env, scheduledTime),
      scheduleJobs(env, scheduledTime),
      scheduleFollows(env, scheduledTime),
      compareServers(openDb(env.DB), scheduledTime),
      deliverAlerts(env, scheduledTime),
    );
  else if (cron === PROBE_CRON)
    await settleAll(probeDueRemotes(env, scheduledTime), checkDueClaims(env, scheduledTime));
  else await wakeWorkspaces(env, scheduledTime);
}

/** Waits for all jobs, also if one of them fails; then throws its error, so that the platform shows the failure. */
async function settleAll(...jobs: Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(jobs);
  await Promise.all(jobs);
}
