import { JobMessage } from "../../contract/api/marketplace-signals.ts";
import { SyncMessage } from "../../contract/api/marketplace-sync.ts";
import { FollowMessage } from "../../contract/records/followed-registry.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { runFollowStep } from "../follow/steps.ts";
import { runJobStep } from "../signals/steps.ts";
import { runStep } from "./steps.ts";

/**
 * Does steps of runs, of jobs, and of registries that workspaces follow. A step that throws is not tried again by the queue:
 * it is taken over when its lease ends, which counts as a failure.
 */
export async function consumeSyncBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  for (const message of batch.messages) {
    const run = SyncMessage.safeParse(message.body);
    const job = JobMessage.safeParse(message.body);
    const followed = FollowMessage.safeParse(message.body);
    if (run.success)
      await runStep(env, run.data).catch((error: unknown) =>
        logFailure("marketplace_step_failed", error, { run: run.data.run }),
      );
    else if (job.success)
      await runJobStep(env, job.data).catch((error: unknown) =>
        logFailure("marketplace_job_failed", error, { job: job.data.job }),
      );
    else if (followed.success)
      await runFollowStep(env, followed.data).catch((error: unknown) =>
        logFailure("follow_step_failed", error, { follow: followed.data.follow }),
      );
    // Only this Worker writes to the queue: such a message is of another release.
    else logEvent({ event: "marketplace_message_unreadable" });
    message.ack();
  }
}
