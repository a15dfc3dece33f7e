import { AuditMessage } from "../contract/records/audit.ts";
import { joinOutcomes } from "../contract/records/outcome-rows.ts";
import { insertCallRows } from "../db/calls.ts";
import { openDb, type Db } from "../db/database.ts";
import { findSlugs } from "../db/workspaces.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { Semaphore } from "../runtime/semaphore.ts";
import { settingsOf } from "../runtime/settings.ts";

type Delivery = { message: Message; audit: AuditMessage };
type WorkspaceSlug = { slug: string; isDeleted: boolean };

/** Characters of rows in one batch of D1, unless a single message has more: D1 executes one batch at a time. */
const MAX_BATCH_LENGTH = 500_000;
/** After this many messages in a row that D1 does not accept, the others are not tried: D1 is away, full or overloaded. */
const MAX_FAILURES_IN_A_ROW = 3;
const CONFIRMATIONS_AT_ONCE = 5;

/**
 * Stores call rows in D1, those of several workspaces with one batch, and confirms them to their workspaces' outboxes. Rows
 * that are delivered twice are stored once. A message that D1 does not accept is tried again a few times by the queue; then
 * the outbox sends it again.
 */
export async function consumeAuditBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  const db = openDb(env.DB);
  const deliveries = parseMessages(batch);
  const ids = [...new Set(deliveries.map(({ audit }) => audit.workspaceId))];
  const workspaces = await findSlugs(db, ids).catch((error: unknown) => {
    logFailure("audit_rows_not_stored", error);
    return null;
  });
  if (!workspaces) return retry(deliveries);
  const fitting = deliveries.filter(({ message, audit }) => {
    const fits = workspaces.get(audit.workspaceId)?.slug === audit.workspaceSlug;
    if (fits) return true;
    logEvent({
      event: "audit_message_dropped",
      workspaceId: audit.workspaceId,
      reason: "slug_does_not_fit",
    });
    message.ack();
    return false;
  });
  for (const group of toGroups(fitting)) {
    const stored = await storeGroup(db, group);
    await confirm(stored, workspaces, env);
    for (const { message } of stored) message.ack();
    retry(group.filter((delivery) => !stored.includes(delivery)));
  }
}

/** The messages with their content. Unreadable ones are acknowledged: their rows are still in the outbox. */
function parseMessages(batch: MessageBatch): Delivery[] {
  return batch.messages.flatMap((message) => {
    const parsed = AuditMessage.safeParse(message.body);
    if (parsed.success) return [{ message, audit: parsed.data }];
    // Only this Worker writes to the queue: such a message is of another release.
    logEvent({ event: "audit_message_unreadable" });
    message.ack();
    return [];
  });
}

function retry(deliveries: Delivery[]): void {
  if (deliveries.length > 0) logEvent({ event: "audit_rows_delayed", messages: deliveries.length });
  for (const { message } of deliveries) message.retry();
}

/** Splits messages into groups that one batch of D1 can hold. */
function toGroups(deliveries: Delivery[]): Delivery[][] {
  const groups: Delivery[][] = [];
  let length = Infinity;
  for (const delivery of deliveries) {
    length += delivery.audit.rows.length;
    if (length > MAX_BATCH_LENGTH) {
      groups.push([]);
      length = delivery.audit.rows.length;
    }
    groups.at(-1)?.push(delivery);
  }
  return groups;
}

/** Stores a group with one batch, or if D1 does not accept it, each message alone. Returns those that are stored. */
async function storeGroup(db: Db, group: Delivery[]): Promise<Delivery[]> {
  if (await tryStore(db, group)) return group;
  const stored: Delivery[] = [];
  let failures = group.length === 1 ? MAX_FAILURES_IN_A_ROW : 0;
  for (const delivery of group) {
    if (failures === MAX_FAILURES_IN_A_ROW) break;
    const isStored = await tryStore(db, [delivery]);
    if (isStored) stored.push(delivery);
    failures = isStored ? 0 : failures + 1;
  }
  return stored;
}

/** False: D1 did not accept the rows. */
async function tryStore(db: Db, deliveries: Delivery[]): Promise<boolean> {
  const byWorkspace = Map.groupBy(deliveries, ({ audit }) => audit.workspaceId);
  const parts = [...byWorkspace].map(([workspaceId, ofWorkspace]) => ({
    workspaceId,
    outcomes: joinOutcomes(ofWorkspace.map(({ audit }) => audit.rows)),
  }));
  try {
    await insertCallRows(db, parts);
    return true;
  } catch (error) {
    logFailure("audit_rows_not_stored", error, { messages: deliveries.length });
    return false;
  }
}

/**
 * Confirms stored rows to their outboxes. A batch without confirmation is sent again and stored once. The rows of a
 * deleted workspace are kept until its retention ends; it has no outbox.
 */
async function confirm(
  stored: Delivery[],
  workspaces: Map<string, WorkspaceSlug>,
  env: Env,
): Promise<void> {
  const atOnce = new Semaphore(CONFIRMATIONS_AT_ONCE);
  const confirmOne = async (
    life: string,
    { slug, isDeleted }: WorkspaceSlug,
    batches: number[],
  ) => {
    if (isDeleted) return logEvent({ event: "audit_confirmation_dropped", workspace: slug });
    await env.WORKSPACES.getByName(slug)
      .confirm(life, batches)
      .catch((error: unknown) => logFailure("audit_confirm_failed", error, { workspace: slug }));
  };
  // A life names its workspace, too: it is random.
  const byLife = Map.groupBy(stored, ({ audit }) => audit.life);
  const confirmations = [...byLife].flatMap(([life, ofLife]) => {
    const workspace = workspaces.get(ofLife[0]?.audit.workspaceId ?? "");
    const batches = ofLife.flatMap(({ audit }) => audit.batches);
    return workspace ? [atOnce.run(() => confirmOne(life, workspace, batches))] : [];
  });
  await Promise.all(confirmations);
}
