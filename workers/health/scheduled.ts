import { reconcileHosting } from "../hosting/reconcile.ts";
import type { Env } from "../runtime/env.ts";
import { settingsOf } from "../runtime/settings.ts";
import { cleanUp } from "./clean-up.ts";
import { wakeWorkspaces } from "./wake-workspaces.ts";

/** Cron expressions of the hourly clean-up and of the container hosts' check. Every other trigger wakes workspaces. */
const CLEAN_UP_CRON = "17 * * * *";
const HOSTING_CRON = "* * * * *";

/** Runs the job of one cron trigger. `scheduledTime`: epoch ms. */
export async function runScheduled(cron: string, scheduledTime: number, env: Env): Promise<void> {
  settingsOf(env);
  if (cron === CLEAN_UP_CRON) await cleanUp(env, scheduledTime);
  else if (cron === HOSTING_CRON) await reconcileHosting(env);
  else await wakeWorkspaces(env, scheduledTime);
}
