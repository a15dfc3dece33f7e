import { count, and, asc, eq, getTableColumns, gte, isNull, lt, sql, type SQL } from "drizzle-orm";
import type { Instance, InstanceUsage } from "../contract/hosting/host-protocol.ts";
import type { HostingPlan, InstanceRecord, UsageDay } from "../contract/hosting/instances.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { instanceDays, instanceMeters, instances, workspacePlans } from "./hosting-schema.ts";
import { workspaces } from "./schema.ts";

/** Far above the largest number of instances that a plan allows. */
const MAX_ROWS = 1_000;
/** Usage of an instance without records. */
export const NO_USAGE: InstanceUsage = {
  runningSeconds: 0,
  requestBytes: 0,
  responseBytes: 0,
  egressBytes: 0,
};

/** Columns that hold sums, with their field names. */
const SUMS = {
  running_seconds: "runningSeconds",
  request_bytes: "requestBytes",
  response_bytes: "responseBytes",
  egress_bytes: "egressBytes",
} as const;
type SumColumn = keyof typeof SUMS;
// A cast: `Object.keys` returns strings, here the keys of a constant record.
const SUM_COLUMNS = Object.keys(SUMS) as SumColumn[];

const { workspaceId: _owner, ...columns } = getTableColumns(instances);
const { workspaceId: _dayOwner, ...dayColumns } = getTableColumns(instanceDays);

/** Returns a workspace's instances, oldest first. */
export async function listInstances(db: Db, workspaceId: string): Promise<InstanceRecord[]> {
  return db
    .select(columns)
    .from(instances)
    .where(eq(instances.workspaceId, workspaceId))
    .orderBy(asc(instances.createdAt), asc(instances.id))
    .limit(MAX_ROWS);
}

/** Returns an instance of a workspace by id. */
export async function findInstance(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<InstanceRecord | undefined> {
  const condition = and(eq(instances.workspaceId, workspaceId), eq(instances.id, id));
  return (await db.select(columns).from(instances).where(condition))[0];
}

/** Returns the host of every instance of all workspaces; `hostId` null: not placed yet. */
export async function listPlacedInstances(
  db: Db,
): Promise<{ id: string; hostId: string | null; workspaceSlug: string }[]> {
  return db
    .select({ id: instances.id, hostId: instances.hostId, workspaceSlug: workspaces.slug })
    .from(instances)
    .innerJoin(workspaces, eq(workspaces.id, instances.workspaceId))
    .where(isNull(workspaces.deletedAt));
}

/** Returns the number of instances on a container host. */
export async function countInstancesOn(db: Db, hostId: string): Promise<number> {
  return db.$count(instances, eq(instances.hostId, hostId));
}

/** Returns the number of instances of each container host that has any, by the host's id. */
export async function countInstancesByHost(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .select({ hostId: instances.hostId, count: count() })
    .from(instances)
    .groupBy(instances.hostId);
  return new Map(rows.map((row) => [row.hostId ?? "", row.count]));
}

/** Returns a workspace's hosting plan; the team plan if it has no record. */
export async function findPlan(db: Db, workspaceId: string): Promise<HostingPlan> {
  const { plan, maxInstances } = workspacePlans;
  const rows = await db
    .select({ plan, maxInstances })
    .from(workspacePlans)
    .where(eq(workspacePlans.id, workspaceId));
  return rows[0] ?? { plan: "team", maxInstances: null };
}

/** Stores a workspace's hosting plan with the audit event. */
export async function savePlan(
  db: Db,
  workspaceId: string,
  plan: HostingPlan,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.update(workspacePlans).set(plan).where(eq(workspacePlans.id, workspaceId)),
    insertEvent(db, event),
  ]);
}

/**
 * Adds the growth of an instance's sums since the host's last report to the day's usage. Smaller sums than last time
 * mean that the host counts from 0 again: then the sums are the growth.
 */
export async function recordUsage(
  db: Db,
  hostId: string,
  { id: instanceId, workspaceId, usage }: Pick<Instance, "id" | "workspaceId" | "usage">,
  now: number,
): Promise<void> {
  const meter = { instanceId, hostId, ...usage };
  const toGrowth = (name: SumColumn) => {
    const sum = sql.raw(name);
    const value = usage[SUMS[name]];
    return sql`${value} - CASE WHEN coalesce(m.${sum}, 0) <= ${value} THEN coalesce(m.${sum}, 0) ELSE 0 END`;
  };
  const growth = sql.join(SUM_COLUMNS.map(toGrowth), sql`, `);
  const additions: Record<string, SQL> = Object.fromEntries(
    SUM_COLUMNS.map((name) => [SUMS[name], sql.raw(`instance_days.${name} + excluded.${name}`)]),
  );
  await db.batch([
    db
      .insert(instanceDays)
      .select(sql`SELECT i.id, ${Math.floor(now / DAY_MS)}, ${workspaceId}, i.slug, ${growth} FROM instances AS i
        LEFT JOIN instance_meters AS m ON m.instance_id = i.id AND m.host_id = ${hostId} WHERE i.id = ${instanceId}`)
      .onConflictDoUpdate({
        target: [instanceDays.instanceId, instanceDays.day],
        set: additions,
      }),
    db
      .insert(instanceMeters)
      .values(meter)
      .onConflictDoUpdate({
        target: [instanceMeters.instanceId, instanceMeters.hostId],
        set: usage,
      }),
  ]);
}

/** Returns the total usage of each instance of a workspace, by instance id. */
export async function sumUsage(db: Db, workspaceId: string): Promise<Map<string, InstanceUsage>> {
  const sumOf = (name: SumColumn) => sql<number>`sum(${sql.raw(name)})`;
  const rows = await db
    .select({
      id: instanceDays.instanceId,
      runningSeconds: sumOf("running_seconds"),
      requestBytes: sumOf("request_bytes"),
      responseBytes: sumOf("response_bytes"),
      egressBytes: sumOf("egress_bytes"),
    })
    .from(instanceDays)
    .where(eq(instanceDays.workspaceId, workspaceId))
    .groupBy(instanceDays.instanceId);
  return new Map(rows.map(({ id, ...usage }) => [id, usage]));
}

/** Returns a workspace's usage by instance and day, from `fromDay` on. Includes terminated instances. */
export async function listUsageDays(
  db: Db,
  workspaceId: string,
  fromDay: number,
): Promise<UsageDay[]> {
  return db
    .select(dayColumns)
    .from(instanceDays)
    .where(and(eq(instanceDays.workspaceId, workspaceId), gte(instanceDays.day, fromDay)))
    .orderBy(asc(instanceDays.day), asc(instanceDays.instanceId))
    .limit(10_000);
}

/** Deletes usage from before a day (UTC, days since 1970). */
export async function deleteExpiredUsageDays(db: Db, beforeDay: number): Promise<void> {
  await db.delete(instanceDays).where(lt(instanceDays.day, beforeDay));
}
