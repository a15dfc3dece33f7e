import type { AuditBacklog } from "../../workers/contract/records/audit.ts";
import { DAY_MS, MINUTE_MS } from "../../workers/contract/units.ts";
import { insertCallRows } from "../../workers/db/calls.ts";
import { openDb, type Db } from "../../workers/db/database.ts";
import { insertEventOnce } from "../../workers/db/events.ts";
import { raiseAlert } from "../../workers/db/raise-alert.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { AlarmTask } from "../alarm-clock.ts";
import type { CallLog } from "./call-log.ts";
import { NUMBER_LOST_AFTER_MS } from "./doubtful-numbers.ts";

/** Rows that wait for longer are trouble of which people are notified. */
const DELAYED_AFTER_MS = 15 * MINUTE_MS;
/** Delay after a failure. */
const RETRY_AFTER_MS = 10_000;

/** The outbox's task of the object's alarm. */
export function outboxTask(env: Env): AlarmTask {
  return {
    nextDueAt: ({ callLog }) => callLog.nextDueAt(),
    run: (loaded) => sendOutbox(loaded, env),
  };
}

/**
 * Records overdue calls as `unknown`, sends all due rows to the audit queue, and stores an event for skipped numbers.
 * Rows stay in the outbox until the queue's consumer confirms them, so an outage of the queue or D1 loses none. Returns
 * when to run again, epoch ms; null: the outbox is empty, no call is open and no number is in doubt.
 */
async function sendOutbox(loaded: LoadedWorkspace, env: Env): Promise<number | null> {
  const { callLog } = loaded;
  const { workspace } = loaded.config;
  callLog.recordOverdue(Date.now());
  await tellDelay(loaded, env);
  try {
    await sendMessages(loaded, env.AUDIT_QUEUE);
    const before = Date.now() - NUMBER_LOST_AFTER_MS;
    await storeSkippedNumbers(callLog, workspace.id, openDb(env.DB), before);
  } catch (error) {
    logFailure("outbox_not_sent", error, { workspace: workspace.slug });
    return Date.now() + RETRY_AFTER_MS;
  }
  return callLog.nextDueAt();
}

/** Tells people when rows wait for long. Without D1, the next run of the alarm tells them. */
async function tellDelay({ callLog, config }: LoadedWorkspace, env: Env): Promise<void> {
  const { oldestAt } = callLog.outbox.readBacklog();
  if (oldestAt === null || Date.now() - oldestAt < DELAYED_AFTER_MS) return;
  const { id: workspaceId, slug } = config.workspace;
  // One alert a day, however long it lasts.
  const groupedMs = DAY_MS;
  const alert = { workspaceId, kind: "audit_trouble", subject: "delay", detail: {} } as const;
  try {
    await raiseAlert(openDb(env.DB), { ...alert, groupedMs, at: Date.now() });
  } catch (error) {
    logFailure("audit_delay_not_told", error, { workspace: slug });
  }
}

/** The rows that wait in the outbox. `loaded`: null if there is no workspace. */
export function readBacklog(loaded: LoadedWorkspace | null): AuditBacklog {
  return loaded?.callLog.outbox.readBacklog() ?? { rows: 0, oldestAt: null };
}

/**
 * A step of the end of the runtime, see `WorkspaceRpc.stop`. Returns the number of calls that are still in flight.
 * @throws when D1 fails; the rows are still in the outbox
 */
export async function stopCallLog(
  loaded: LoadedWorkspace | null,
  { storage }: DurableObjectState,
  env: Env,
  { startedAt, isLast }: { startedAt: number; isLast: boolean },
): Promise<number> {
  if (!loaded) return 0;
  const { callLog, config } = loaded;
  const inFlight = callLog.close(startedAt);
  if (inFlight > 0 && !isLast) return inFlight;
  storage.transactionSync(() => callLog.settle(startedAt, Date.now()));
  await storeOutbox(callLog, config.workspace.id, openDb(env.DB));
  return 0;
}

/**
 * Before the workspace is deleted: closes the log and stores everything in D1, open calls as `unknown`.
 * @throws when D1 fails; the log is open again
 */
export async function endCallLog(callLog: CallLog, workspaceId: string, db: Db): Promise<void> {
  callLog.endAllCalls(Date.now());
  try {
    await storeOutbox(callLog, workspaceId, db);
    await storeSkippedNumbers(callLog, workspaceId, db, Infinity);
  } catch (error) {
    callLog.reopen();
    throw error;
  }
}

/** Stores all rows of the outbox in D1, without the queue. Rows that are in the queue as well are stored once. */
async function storeOutbox(callLog: CallLog, workspaceId: string, db: Db): Promise<void> {
  for (const { batches, rows } of callLog.outbox.listMessages()) {
    await insertCallRows(db, [{ workspaceId, outcomes: rows }]);
    callLog.outbox.confirm(batches);
  }
}

/** Stores an event for each range of numbers that are in doubt since before an instant (epoch ms), to explain their gap. */
async function storeSkippedNumbers(
  callLog: CallLog,
  workspaceId: string,
  db: Db,
  before: number,
): Promise<void> {
  for (const range of callLog.doubtful.list(before)) {
    const { first, last } = range;
    await insertEventOnce(db, {
      id: `evt_${workspaceId}_${first}_${last}`,
      workspaceId,
      actor: "system",
      action: "call_numbers.skipped",
      object: `calls:${first}-${last}`,
      detail: { first, last },
      occurredAt: Date.now(),
    });
    await raiseAlert(db, {
      workspaceId,
      kind: "audit_trouble",
      subject: `${first}-${last}`,
      detail: { first, last },
      at: Date.now(),
    });
    callLog.doubtful.remove(range);
  }
}

async function sendMessages(
  { callLog, config }: LoadedWorkspace,
  queue: Env["AUDIT_QUEUE"],
): Promise<void> {
  const { id: workspaceId, slug: workspaceSlug } = config.workspace;
  const { life, outbox } = callLog;
  for (;;) {
    const message = outbox.nextMessage(Date.now());
    if (!message) return;
    await queue.send({ workspaceSlug, workspaceId, life, ...message });
    outbox.markSent(message.batches, Date.now());
  }
}
