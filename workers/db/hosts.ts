import { asc, eq, sql } from "drizzle-orm";
import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { hosts } from "./hosting-schema.ts";

/** Returns all registered container hosts, by id, at most 1,000. */
export async function listHosts(db: Db): Promise<HostRecord[]> {
  return db.select().from(hosts).orderBy(asc(hosts.id)).limit(1_000);
}

/** Returns a container host by id. */
export async function findHost(db: Db, id: string): Promise<HostRecord | undefined> {
  return (await db.select().from(hosts).where(eq(hosts.id, id)))[0];
}

/** Stores a new container host with its audit event. */
export async function insertHost(db: Db, host: HostRecord, event: AuditEvent): Promise<void> {
  await db.batch([db.insert(hosts).values(host), insertEvent(db, event)]);
}

/** Stores a change of a container host with its audit event. */
export async function updateHost(
  db: Db,
  id: string,
  patch: Partial<Pick<HostRecord, "url" | "isDraining">>,
  event: AuditEvent,
): Promise<void> {
  await db.batch([db.update(hosts).set(patch).where(eq(hosts.id, id)), insertEvent(db, event)]);
}

/** Stores the result of a host check. */
export async function saveHostCheck(
  db: Db,
  id: string,
  check: Pick<HostRecord, "checkedAt" | "problem"> & Partial<Pick<HostRecord, "report">>,
): Promise<void> {
  await db.update(hosts).set(check).where(eq(hosts.id, id));
}

/** Deletes a container host and stores the audit event. */
export async function deleteHost(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([db.delete(hosts).where(eq(hosts.id, id)), insertEvent(db, event)]);
}

/**
 * Subtracts memory from a host's last report until its next check, so that a burst of deployments spreads over hosts.
 */
export async function reserveMemory(db: Db, id: string, bytes: number): Promise<void> {
  const path = "$.memory.availableBytes";
  await db.run(sql`UPDATE hosts SET report = json_set(report, ${path}, max(0, (report ->> ${path}) - ${bytes}))
    WHERE id = ${id} AND report IS NOT NULL`);
}
