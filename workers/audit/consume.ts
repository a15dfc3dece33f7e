import { AuditMessage } from "../contract/records/audit.ts";
import { joinOutcomes } from "../contract/records/outcome-rows.ts";
import { insertCallRows } from "../db/calls.ts";
import { openDb, type Db } from "../db/database.ts";
import { findSlugOf } from "../db/workspaces.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { settingsOf } from "../runtime/settings.ts";

type Delivery = { message: Message; audit: AuditMessage };

/**
 * Stores call rows in D1 and confirms them to their workspace's outbox. A message that D1 does not accept is retried.
 * Rows that are delivered twice are stored once. The dead-letter queue has the same consumer, so that its messages arrive
 * after a long failure.
 */
export async function consumeAuditBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  const db = openDb(env.DB);
  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const parsed = AuditMessage.safeParse(message.body);
    if (!parsed.success) {
      // Only this Worker writes to the queue: such a message is of another release. Its rows are still in the outbox.
      logEvent({ event: "audit_message_unreadable", queue: batch.queue });
      message.ack();
      continue;
    }
    deliveries.push({ message, audit: parsed.data });
  }
  for (const ofWorkspace of Map.groupBy(deliveries, ({ audit }) => audit.workspaceId).values()) {
    if (await store(db, ofWorkspace, env)) continue;
    // One message that D1 does not accept must not block the others.
    for (const delivery of ofWorkspace) {
      if (ofWorkspace.length > 1 && (await store(db, [delivery], env))) continue;
      const { workspaceSlug } = delivery.audit;
      logEvent({ event: "audit_rows_delayed", queue: batch.queue, workspace: workspaceSlug });
      delivery.message.retry();
    }
  }
}

/**
 * Stores rows of one workspace in one batch and acknowledges them; false: D1 did not accept them. Messages whose slug is
 * not the workspace's are dropped.
 */
async function store(db: Db, deliveries: Delivery[], env: Env): Promise<boolean> {
  const [first] = deliveries;
  if (!first) return true;
  const { workspaceId } = first.audit;
  try {
    const workspace = await findSlugOf(db, workspaceId);
    const fitting = deliveries.filter(({ audit }) => audit.workspaceSlug === workspace?.slug);
    if (fitting.length < deliveries.length)
      logEvent({ event: "audit_message_dropped", workspaceId, reason: "slug_does_not_fit" });
    if (workspace && fitting.length > 0) {
      // The rows of a deleted workspace are kept until its retention ends.
      await insertCallRows(db, workspaceId, joinOutcomes(fitting.map(({ audit }) => audit.rows)));
      if (workspace.isDeleted) logEvent({ event: "audit_confirmation_dropped", workspaceId });
      else await confirm(workspace.slug, fitting, env);
    }
  } catch (error) {
    logFailure("audit_rows_not_stored", error, { workspace: first.audit.workspaceSlug });
    return false;
  }
  for (const { message } of deliveries) message.ack();
  return true;
}

/** Confirms stored rows to their outbox. A batch without confirmation is sent again and stored once. */
async function confirm(slug: string, deliveries: Delivery[], env: Env): Promise<void> {
  const byLife = Map.groupBy(deliveries, ({ audit }) => audit.life);
  for (const [life, ofLife] of byLife)
    await workspacesOf(env)
      .getByName(slug)
      .confirm(
        life,
        ofLife.flatMap(({ audit }) => audit.batches),
      )
      .catch((error: unknown) => logFailure("audit_confirm_failed", error, { workspace: slug }));
}
