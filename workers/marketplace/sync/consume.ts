import { JobMessage } from "../../contract/api/marketplace-signals.ts";
import { SyncMessage } from "../../contract/api/marketplace-sync.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { runJobStep } from "../signals/steps.ts";
import { runStep } from "./steps.ts";

/**
 * Does steps of runs and jobs. A step that throws is not tried again by the queue: its run or job is taken over when the
 * lease ends, which counts as a failure of the run.
 */
export async function consumeSyncBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  for (const message of batch.messages) {
    const run = SyncMessage.safeParse(message.body);
    const job = JobMessage.safeParse(message.body);
    if (run.success)
      await runStep(env, run.data).catch((error: unknown) =>
        logFailure("marketplace_step_failed", error, { run: run.data.run }),
      );
    else if (job.success)
      await runJobStep(env, job.data).catch((error: unknown) =>
        logFailure("marketplace_job_failed", error, { job: job.data.job }),
      );
    // Only this Worker writes to the queue: such a message is of another release.
    else logEvent({ event: "marketplace_message_unreadable" });
    message.ack();
  }
}
