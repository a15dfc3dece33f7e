import type { JobMessage } from "../../contract/api/marketplace-signals.ts";
import { openDb } from "../../db/database.ts";
import { advanceJob, listDueJobs } from "../../db/marketplace-jobs.ts";
import type { Env } from "../../runtime/env.ts";
import { toLease } from "../sync/runs.ts";
import { listAskedServices } from "./services.ts";

/**
 * Begins the steps of jobs that are due at `now` (epoch ms), and those that have not ended in their time. One query if there
 * are none: it runs every minute.
 */
export async function scheduleJobs(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  for (const job of await listDueJobs(db, [...listAskedServices(env), "scores"], now)) {
    const { name, step } = job;
    if (await advanceJob(db, job, { nextStepAt: toLease() }))
      await sendJob(env, { job: name, step: step + 1 });
  }
}

/** Has the queue do a step. If the message is lost, the cron begins another one when its lease ends. */
export async function sendJob(env: Env, message: JobMessage, delaySeconds = 0): Promise<void> {
  await env.MARKETPLACE_QUEUE.send(message, { delaySeconds });
}
