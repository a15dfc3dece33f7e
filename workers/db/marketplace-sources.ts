import { and, asc, desc, eq, inArray, isNull, lte, max, or } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { endRunning, type RunRow } from "./marketplace-runs.ts";
import { marketplaceRecords } from "./marketplace-schema.ts";
import { marketplaceRuns, marketplaceSources } from "./marketplace-sync-schema.ts";

/** A source of the marketplace, as it is stored. */
export type SourceRow = typeof marketplaceSources.$inferSelect;

/** Sources that are listed, and taken care of in one minute. */
const MAX_SOURCES = 100;

/** Returns all sources with their newest run, by name. */
export async function listSources(
  db: Db,
): Promise<{ source: SourceRow; lastRun: RunRow | null }[]> {
  const newest = db
    .select({ number: max(marketplaceRuns.number) })
    .from(marketplaceRuns)
    .groupBy(marketplaceRuns.source);
  const [sources, runs] = await db.batch([
    db.select().from(marketplaceSources).orderBy(asc(marketplaceSources.name)).limit(MAX_SOURCES),
    db.select().from(marketplaceRuns).where(inArray(marketplaceRuns.number, newest)),
  ]);
  const bySource = new Map(runs.map((run) => [run.source, run]));
  return sources.map((source) => ({ source, lastRun: bySource.get(source.name) ?? null }));
}

/** Returns a source with its newest run. */
export async function findSource(
  db: Db,
  name: string,
): Promise<{ source: SourceRow; lastRun: RunRow | null } | null> {
  const [[source], [lastRun = null]] = await db.batch([
    db.select().from(marketplaceSources).where(eq(marketplaceSources.name, name)),
    db
      .select()
      .from(marketplaceRuns)
      .where(eq(marketplaceRuns.source, name))
      .orderBy(desc(marketplaceRuns.number))
      .limit(1),
  ]);
  return source ? { source, lastRun } : null;
}

/** Whether entries of this source are stored. */
export async function hasRecords(db: Db, name: string): Promise<boolean> {
  const found = await db
    .select({ name: marketplaceRecords.name })
    .from(marketplaceRecords)
    .where(eq(marketplaceRecords.source, name))
    .limit(1);
  return found.length > 0;
}

/** Stores a new or changed source with its audit event, and ends its run, which is of the source as it was. */
export async function saveSource(db: Db, source: SourceRow, event: AuditEvent): Promise<void> {
  const { name: _name, ...set } = source;
  await db.batch([
    db
      .insert(marketplaceSources)
      .values(source)
      .onConflictDoUpdate({ target: marketplaceSources.name, set }),
    ...endRunning(db, source.name, "The source was changed during the run"),
    insertEvent(db, event),
  ]);
}

/** Plans the next run of a source that has no runs of its own in the list. */
export async function markSynced(db: Db, name: string, syncedAt: number, nextRunAt: number) {
  await db
    .update(marketplaceSources)
    .set({ syncedAt, nextRunAt })
    .where(eq(marketplaceSources.name, name));
}

/**
 * Returns the sources that need attention at `now` (epoch ms): a run is due, or the step of a run has not ended in its time.
 * `run` null: none is running.
 */
export async function listDueSources(
  db: Db,
  now: number,
): Promise<{ source: SourceRow; run: RunRow | null }[]> {
  return db
    .select({ source: marketplaceSources, run: marketplaceRuns })
    .from(marketplaceSources)
    .leftJoin(
      marketplaceRuns,
      and(
        eq(marketplaceRuns.source, marketplaceSources.name),
        eq(marketplaceRuns.state, "running"),
      ),
    )
    .where(
      or(
        lte(marketplaceRuns.leaseUntil, now),
        and(
          isNull(marketplaceRuns.number),
          eq(marketplaceSources.isEnabled, true),
          lte(marketplaceSources.nextRunAt, now),
        ),
      ),
    )
    .limit(MAX_SOURCES);
}
