import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DEFAULT_MAIL_KINDS, type AlertKind } from "../contract/api/alerts.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import {
  alertChannels,
  alertChoices,
  alertDeliveries,
  alerts,
  seenClients,
} from "./alerts-schema.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { members } from "./schema.ts";

/** A stored alert. */
export type AlertRow = typeof alerts.$inferSelect;
/** A stored channel. */
export type ChannelRow = typeof alertChannels.$inferSelect;
/** A stored delivery. */
export type DeliveryRow = typeof alertDeliveries.$inferSelect;

/** Whether an alert is new, or a delivery waits. One query: it runs every minute. */
export async function hasAlertsToDeliver(db: Db): Promise<boolean> {
  const [found] = await db.all<{ isAny: number }>(
    sql`SELECT EXISTS (SELECT 1 FROM alerts WHERE spread_at IS NULL)
      OR EXISTS (SELECT 1 FROM alert_deliveries WHERE state = 'waiting') AS isAny`,
  );
  return found?.isAny === 1;
}

/** Deliveries of one channel or person that one run looks at: a channel that is down does not keep the others waiting. */
const PER_TARGET = 20;

/**
 * Makes the deliveries of all new alerts, in one transaction: to the channels that want the kind, and if `mails`, by e-mail to
 * owners, admins and auditors who want it.
 */
export async function spreadAlerts(db: Db, now: number, mails: boolean): Promise<void> {
  const toChannels = db
    .insert(alertDeliveries)
    .select(
      sql`SELECT a.id, c.id, a.workspace_id, c.kind, 'waiting', 0, ${now}, NULL, ${now}, NULL FROM alerts AS a
        JOIN alert_channels AS c ON c.workspace_id = a.workspace_id AND c.is_enabled = 1
        WHERE a.spread_at IS NULL AND EXISTS (SELECT 1 FROM json_each(c.kinds) WHERE value = a.kind)`,
    )
    .onConflictDoNothing();
  const defaults = JSON.stringify(DEFAULT_MAIL_KINDS);
  const toPeople = db
    .insert(alertDeliveries)
    .select(
      sql`SELECT a.id, m.id, a.workspace_id, 'mail', 'waiting', 0, ${now}, NULL, ${now}, NULL FROM alerts AS a
        JOIN members AS m ON m.workspace_id = a.workspace_id AND m.user_id IS NOT NULL AND m.suspended_at IS NULL
          AND m.email IS NOT NULL AND m.role IN ('owner', 'admin', 'auditor')
        LEFT JOIN alert_choices AS chosen ON chosen.member_id = m.id
        WHERE a.spread_at IS NULL AND EXISTS (SELECT 1 FROM
          json_each(coalesce(chosen.kinds, CASE WHEN m.role = 'auditor' THEN '[]' ELSE ${defaults} END)) WHERE value = a.kind)`,
    )
    .onConflictDoNothing();
  const spread = db
    .update(alerts)
    .set({ spreadAt: now })
    .where(sql`${alerts.spreadAt} IS NULL`);
  if (mails) await db.batch([toChannels, toPeople, spread]);
  else await db.batch([toChannels, spread]);
}

/** A delivery that waits, with its alert. */
export interface WaitingDelivery {
  delivery: DeliveryRow;
  alert: AlertRow;
}

/** Returns the first waiting deliveries of each channel and person, oldest first. */
export async function listWaiting(db: Db): Promise<WaitingDelivery[]> {
  const first = sql`(SELECT alert_id, target FROM (SELECT alert_id, target,
    row_number() OVER (PARTITION BY target ORDER BY created_at, alert_id) AS place
    FROM alert_deliveries WHERE state = 'waiting') WHERE place <= ${PER_TARGET})`;
  return db
    .select({ delivery: alertDeliveries, alert: alerts })
    .from(alertDeliveries)
    .innerJoin(alerts, eq(alerts.id, alertDeliveries.alertId))
    .where(sql`(${alertDeliveries.alertId}, ${alertDeliveries.target}) IN ${first}`)
    .orderBy(alertDeliveries.createdAt, alertDeliveries.alertId);
}

/** Takes a delivery that is due, until `until` (epoch ms). False: another run has it, or it is not due. */
export async function claimDelivery(
  db: Db,
  { alertId, target }: DeliveryRow,
  now: number,
  until: number,
): Promise<boolean> {
  const rows = await db
    .update(alertDeliveries)
    .set({ nextAt: until, attempts: sql`${alertDeliveries.attempts} + 1` })
    .where(
      and(
        eq(alertDeliveries.alertId, alertId),
        eq(alertDeliveries.target, target),
        eq(alertDeliveries.state, "waiting"),
        sql`${alertDeliveries.nextAt} <= ${now}`,
      ),
    )
    .returning({ alertId: alertDeliveries.alertId });
  return rows.length > 0;
}

/** Stores the result of an attempt. */
export async function recordAttempt(
  db: Db,
  { alertId, target }: DeliveryRow,
  result: Partial<Pick<DeliveryRow, "state" | "nextAt" | "problem" | "endedAt">>,
): Promise<void> {
  await db
    .update(alertDeliveries)
    .set(result)
    .where(and(eq(alertDeliveries.alertId, alertId), eq(alertDeliveries.target, target)));
}

/** Returns the address to which a member gets alerts; undefined: the member is gone, suspended, or may not read them any more. */
export async function findMailAddress(db: Db, memberId: string): Promise<string | undefined> {
  const rows = await db
    .select({ email: members.email })
    .from(members)
    .where(
      and(
        eq(members.id, memberId),
        sql`${members.suspendedAt} IS NULL`,
        inArray(members.role, ["owner", "admin", "auditor"]),
      ),
    );
  return rows[0]?.email ?? undefined;
}

/** Returns a page of a workspace's alerts, newest first. */
export function listAlerts(
  db: Db,
  workspaceId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<AlertRow[]> {
  return db
    .select()
    .from(alerts)
    .where(eq(alerts.workspaceId, workspaceId))
    .orderBy(desc(alerts.createdAt), desc(alerts.id))
    .limit(limit)
    .offset(offset);
}

/** Returns the deliveries of alerts. */
export async function listDeliveries(db: Db, alertIds: string[]): Promise<DeliveryRow[]> {
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(alertIds)}))`;
  return db
    .select()
    .from(alertDeliveries)
    .where(sql`${alertDeliveries.alertId} IN ${ids}`);
}

/** Returns a workspace's channels, oldest first. */
export function listChannels(db: Db, workspaceId: string): Promise<ChannelRow[]> {
  return db
    .select()
    .from(alertChannels)
    .where(eq(alertChannels.workspaceId, workspaceId))
    .orderBy(alertChannels.createdAt, alertChannels.id);
}

/** Returns a channel; undefined: there is none with this id. `workspaceId` null: of any workspace. */
export async function findChannel(
  db: Db,
  workspaceId: string | null,
  id: string,
): Promise<ChannelRow | undefined> {
  const rows = await db
    .select()
    .from(alertChannels)
    .where(
      and(
        eq(alertChannels.id, id),
        workspaceId === null ? undefined : eq(alertChannels.workspaceId, workspaceId),
      ),
    );
  return rows[0];
}

/** Returns the number of deliveries that wait for each channel of a workspace. */
export async function countWaiting(db: Db, workspaceId: string): Promise<Map<string, number>> {
  const rows = await db
    .select({ target: alertDeliveries.target, count: sql<number>`count(*)` })
    .from(alertDeliveries)
    .where(and(eq(alertDeliveries.workspaceId, workspaceId), eq(alertDeliveries.state, "waiting")))
    .groupBy(alertDeliveries.target);
  return new Map(rows.map(({ target, count }) => [target, count]));
}

/** Stores a new channel with its audit event. */
export async function insertChannel(db: Db, channel: ChannelRow, event: AuditEvent): Promise<void> {
  await db.batch([db.insert(alertChannels).values(channel), insertEvent(db, event)]);
}

/** Stores changed fields of a channel with the audit event. */
export async function updateChannel(
  db: Db,
  id: string,
  changed: Partial<ChannelRow>,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.update(alertChannels).set(changed).where(eq(alertChannels.id, id)),
    insertEvent(db, event),
  ]);
}

/** Removes a channel with its audit event. What waits for it is dropped. */
export async function deleteChannel(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([
    db.delete(alertChannels).where(eq(alertChannels.id, id)),
    db
      .update(alertDeliveries)
      .set({ state: "dropped", endedAt: event.occurredAt })
      .where(and(eq(alertDeliveries.target, id), eq(alertDeliveries.state, "waiting"))),
    insertEvent(db, event),
  ]);
}

/** Returns the kinds that a member has chosen for its e-mails; undefined: it has not chosen. */
export async function findChoices(db: Db, memberId: string): Promise<AlertKind[] | undefined> {
  const rows = await db.select().from(alertChoices).where(eq(alertChoices.memberId, memberId));
  return rows[0]?.kinds;
}

/** Stores the kinds that a member wants by e-mail. */
export async function saveChoices(db: Db, memberId: string, kinds: AlertKind[]): Promise<void> {
  await db
    .insert(alertChoices)
    .values({ memberId, kinds })
    .onConflictDoUpdate({ target: alertChoices.memberId, set: { kinds } });
}

/** Deletes alerts from before an instant (epoch ms) with their deliveries. */
export async function deleteExpiredAlerts(db: Db, before: number): Promise<void> {
  await db.delete(alerts).where(lt(alerts.createdAt, before));
}

/** Returns the statements that delete a workspace's alerts and channels. */
export function toAlertDeletion(db: Db, workspaceId: string): BatchItem<"sqlite">[] {
  return [
    db.delete(alerts).where(eq(alerts.workspaceId, workspaceId)),
    db.delete(alertChannels).where(eq(alertChannels.workspaceId, workspaceId)),
    db.delete(seenClients).where(eq(seenClients.workspaceId, workspaceId)),
  ];
}
