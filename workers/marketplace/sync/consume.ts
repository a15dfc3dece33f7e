import { SyncMessage } from "../../contract/api/marketplace-sync.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { runStep } from "./steps.ts";

/**
 * Does steps of runs. A step that throws is not tried again by the queue: its run is taken over when the lease ends, which
 * counts as a failure.
 */
export async function consumeSyncBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  for (const message of batch.messages) {
    const parsed = SyncMessage.safeParse(message.body);
    if (parsed.success)
      await runStep(env, parsed.data).catch((error: unknown) =>
        logFailure("marketplace_step_failed", error, { run: parsed.data.run }),
      );
    // Only this Worker writes to the queue: such a message is of another release.
    else logEvent({ event: "marketplace_message_unreadable" });
    message.ack();
  }
}
