import { and, asc, eq, getTableColumns, gte, isNull, lt, sql, type SQL } from "drizzle-orm";
import type { Instance, InstanceUsage } from "../contract/hosting/host-protocol.ts";
import type { HostingPlan, InstanceRecord, UsageDay } from "../contract/hosting/instances.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { instanceDays, instanceMeters, instances, workspacePlans } from "./hosting-schema.ts";
import { workspaces } from "./schema.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_ROWS = 1_000;
const NO_USAGE: InstanceUsage = {
  runningSeconds: 0,
  requestBytes: 0,
  responseBytes: 0,
  egressBytes: 0,
};

/** Columns of sums with their fields. */
const SUMS = {
  running_seconds: "runningSeconds",
  request_bytes: "requestBytes",
  response_bytes: "responseBytes",
  egress_bytes: "egressBytes",
} as const;
type Sum = keyof typeof SUMS;
// The keys of a constant record are its columns.
const SUM_COLUMNS = Object.keys(SUMS) as Sum[];

const { workspaceId: _owner, ...columns } = getTableColumns(instances);
const { workspaceId: _dayOwner, ...dayColumns } = getTableColumns(instanceDays);

/** A workspace's instances, oldest first. */
export async function listInstances(db: Db, workspaceId: string): Promise<InstanceRecord[]> {
  return db
    .select(columns)
    .from(instances)
    .where(eq(instances.workspaceId, workspaceId))
    .orderBy(asc(instances.createdAt), asc(instances.id))
    .limit(MAX_ROWS);
}

export async function findInstance(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<InstanceRecord | undefined> {
  const own = and(eq(instances.workspaceId, workspaceId), eq(instances.id, id));
  return (await db.select(columns).from(instances).where(own))[0];
}

/** Where every instance of every workspace is. */
export async function listPlacedInstances(
  db: Db,
): Promise<{ id: string; hostId: string | null; workspaceSlug: string }[]> {
  return db
    .select({ id: instances.id, hostId: instances.hostId, workspaceSlug: workspaces.slug })
    .from(instances)
    .innerJoin(workspaces, eq(workspaces.id, instances.workspaceId))
    .where(isNull(workspaces.deletedAt));
}

export async function countInstancesOn(db: Db, hostId: string): Promise<number> {
  return db.$count(instances, eq(instances.hostId, hostId));
}

export async function findPlan(db: Db, workspaceId: string): Promise<HostingPlan> {
  const { plan, maxInstances } = workspacePlans;
  const rows = await db
    .select({ plan, maxInstances })
    .from(workspacePlans)
    .where(eq(workspacePlans.id, workspaceId));
  return rows[0] ?? { plan: "team", maxInstances: null };
}

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

/** Adds what a host's sums have grown by since they were last read; a host that counts from 0 again has grown by its sums. */
export async function recordUsage(
  db: Db,
  hostId: string,
  { id: instanceId, workspaceId, usage }: Pick<Instance, "id" | "workspaceId" | "usage">,
  now: number,
): Promise<void> {
  const meter = { instanceId, hostId, ...usage };
  const since = (name: Sum) => {
    const sum = sql.raw(name);
    const value = usage[SUMS[name]];
    return sql`${value} - CASE WHEN coalesce(m.${sum}, 0) <= ${value} THEN coalesce(m.${sum}, 0) ELSE 0 END`;
  };
  const grown = sql.join(SUM_COLUMNS.map(since), sql`, `);
  const added: Record<string, SQL> = Object.fromEntries(
    SUM_COLUMNS.map((name) => [SUMS[name], sql.raw(`instance_days.${name} + excluded.${name}`)]),
  );
  await db.batch([
    db
      .insert(instanceDays)
      .select(sql`SELECT i.id, ${Math.floor(now / DAY_MS)}, ${workspaceId}, i.slug, ${grown} FROM instances AS i
        LEFT JOIN instance_meters AS m ON m.instance_id = i.id AND m.host_id = ${hostId} WHERE i.id = ${instanceId}`)
      .onConflictDoUpdate({
        target: [instanceDays.instanceId, instanceDays.day],
        set: added,
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

/** What each of a workspace's instances has used in its life. */
export async function sumUsage(db: Db, workspaceId: string): Promise<Map<string, InstanceUsage>> {
  const total = (name: Sum) => sql<number>`sum(${sql.raw(name)})`;
  const rows = await db
    .select({
      id: instanceDays.instanceId,
      runningSeconds: total("running_seconds"),
      requestBytes: total("request_bytes"),
      responseBytes: total("response_bytes"),
      egressBytes: total("egress_bytes"),
    })
    .from(instanceDays)
    .where(eq(instanceDays.workspaceId, workspaceId))
    .groupBy(instanceDays.instanceId);
  return new Map(rows.map(({ id, ...usage }) => [id, usage]));
}

/** A workspace's usage by day from a day on, instances that are gone included. */
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

/** Removes usage from before a day. */
export async function deleteExpiredUsageDays(db: Db, beforeDay: number): Promise<void> {
  await db.delete(instanceDays).where(lt(instanceDays.day, beforeDay));
}

/** An instance's usage, where none has been recorded. */
export const noUsage = (): InstanceUsage => ({ ...NO_USAGE });
