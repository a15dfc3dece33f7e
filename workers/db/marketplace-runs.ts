import { and, desc, eq, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { MarketplaceRejection } from "../contract/api/marketplace-sync.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { restartComparison } from "./marketplace-look-alikes.ts";
import { marketplaceRecords } from "./marketplace-schema.ts";
import {
  marketplaceRejections,
  marketplaceRunPages,
  marketplaceRuns,
  marketplaceSources,
} from "./marketplace-sync-schema.ts";

/** A run, as it is stored. */
export type RunRow = typeof marketplaceRuns.$inferSelect;
/** A step of a run. A change names it, and does nothing if the run is at another step by now. */
export type RunStep = Pick<RunRow, "number" | "step">;

/** Rejected entries that are kept of a run, give or take a page. */
const MAX_REJECTIONS = 500;
const RUNS_KEPT_MS = 30 * DAY_MS;

const { number, source, state, step } = marketplaceRuns;
const isPresent = (of: RunStep) =>
  and(eq(number, of.number), eq(step, of.step), eq(state, "running"));

/**
 * Stores a new run and when the source's next one begins. Null: a run of the source is in progress, and nothing is stored.
 */
export async function insertRun(
  db: Db,
  run: Pick<RunRow, "source" | "kind" | "since" | "acceptsLoss" | "startedAt" | "leaseUntil">,
  nextRunAt: number,
  event: AuditEvent | null,
): Promise<RunRow | null> {
  const counts = { pages: 0, changed: 0, unchanged: 0, deleted: 0, rejected: 0, attempt: 0 };
  const phase = run.kind === "removal" ? "end" : "pages";
  const [[inserted = null]] = await db.batch([
    db
      .insert(marketplaceRuns)
      .values({ ...run, ...counts, phase, state: "running", step: 0, cursor: "" })
      // The unique index of running runs.
      .onConflictDoNothing()
      .returning(),
    db.update(marketplaceSources).set({ nextRunAt }).where(eq(marketplaceSources.name, run.source)),
    ...(event ? [insertEvent(db, event)] : []),
  ]);
  return inserted;
}

/** Returns a run at this step; null: it is at another step, or has ended. */
export async function findPresentRun(db: Db, of: RunStep): Promise<RunRow | null> {
  return (await db.select().from(marketplaceRuns).where(isPresent(of)))[0] ?? null;
}

/** Takes a run over whose step has not ended in its time. Returns its new step; null: the step has ended. */
export async function takeOverRun(
  db: Db,
  { leaseUntil, ...of }: RunStep & Pick<RunRow, "leaseUntil">,
): Promise<RunRow | null> {
  const [taken = null] = await db
    .update(marketplaceRuns)
    .set({ step: of.step + 1, attempt: sql`attempt + 1`, leaseUntil })
    .where(isPresent(of))
    .returning();
  return taken;
}

/** Records a failed step. False: it was not the present one. */
export async function delayRun(
  db: Db,
  of: RunStep,
  change: Pick<RunRow, "attempt" | "problem" | "leaseUntil">,
): Promise<boolean> {
  const changed = await db
    .update(marketplaceRuns)
    .set({ ...change, step: of.step + 1 })
    .where(isPresent(of))
    .returning({ number });
  return changed.length > 0;
}

/** What a step has done, and where the run goes on. */
export interface RunProgress extends Pick<RunRow, "phase" | "cursor" | "leaseUntil" | "problem"> {
  changed: number;
  unchanged: number;
  deleted: number;
  rejected: Omit<MarketplaceRejection, "page">[];
  /** The page that is stored now; null: the step was not a page. */
  page: { cursor: string; names: string[] } | null;
}

/** Moves a run on to its next step. False: the step was not the present one, and nothing is changed. */
export async function advanceRun(
  db: Db,
  of: RunStep,
  { phase, cursor, leaseUntil, problem, page, rejected, ...counts }: RunProgress,
): Promise<boolean> {
  const present: SQL = sql`FROM marketplace_runs WHERE ${isPresent(of)}`;
  const fromRejected = sql`FROM marketplace_runs, json_each(${JSON.stringify(rejected)})
    WHERE ${isPresent(of)} AND marketplace_runs.rejected < ${MAX_REJECTIONS}`;
  const statements = [
    ...(page
      ? [
          db
            .insert(marketplaceRunPages)
            .select(sql`SELECT number, ${page.cursor}, ${JSON.stringify(page.names)} ${present}`),
        ]
      : []),
    ...(rejected.length > 0
      ? [
          db
            .insert(marketplaceRejections)
            .select(
              sql`SELECT number, pages, value ->> 'position', value ->> 'name', value ->> 'reason' ${fromRejected}`,
            ),
        ]
      : []),
  ];
  const update = db
    .update(marketplaceRuns)
    .set({
      phase,
      cursor,
      leaseUntil,
      step: of.step + 1,
      attempt: 0,
      problem,
      pages: sql`pages + ${page ? 1 : 0}`,
      changed: sql`changed + ${counts.changed}`,
      unchanged: sql`unchanged + ${counts.unchanged}`,
      deleted: sql`deleted + ${counts.deleted}`,
      rejected: sql`rejected + ${rejected.length}`,
    })
    .where(isPresent(of))
    .returning({ number });
  // Last, because the others depend on the present step.
  const results = await db.batch([...statements, update] as unknown as [typeof update]);
  return (results.at(-1) ?? []).length > 0;
}

/** Whether the run has stored the page of this cursor. */
export async function hasStoredPage(db: Db, run: number, cursor: string): Promise<boolean> {
  const { run: ofRun, cursor: ofPage } = marketplaceRunPages;
  const found = await db
    .select({ run: ofRun })
    .from(marketplaceRunPages)
    .where(and(eq(ofRun, run), eq(ofPage, cursor)));
  return found.length > 0;
}

/** Returns names of the source's records that are on none of the run's pages, at most `most`, with the counts of both. */
export async function listMissingRecords(
  db: Db,
  run: Pick<RunRow, "number" | "source">,
  most: number,
): Promise<{ names: string[]; missing: number; total: number }> {
  const isOfSource = eq(marketplaceRecords.source, run.source);
  const isMissing = sql`${isOfSource} AND ${marketplaceRecords.name} NOT IN (SELECT value
    FROM marketplace_run_pages, json_each(marketplace_run_pages.names) WHERE run = ${run.number})`;
  const { name } = marketplaceRecords;
  const [rows, total, missing] = await db.batch([
    db.select({ name }).from(marketplaceRecords).where(isMissing).orderBy(name).limit(most),
    db
      .select({ count: sql<number>`count(*)` })
      .from(marketplaceRecords)
      .where(isOfSource),
    db
      .select({ count: sql<number>`count(*)` })
      .from(marketplaceRecords)
      .where(isMissing),
  ]);
  return {
    names: rows.map((row) => row.name),
    missing: missing[0]?.count ?? 0,
    total: total[0]?.count ?? 0,
  };
}

/**
 * The end of a run, with what it changes of its source; `removesSource`: the source is deleted. `restartsComparison`: all
 * servers are compared with the well-known ones, which can have come after those that resemble them.
 */
export interface RunEnd extends Pick<RunRow, "state" | "problem"> {
  endedAt: number;
  source: { syncedAt?: number; nextSweepAt?: number };
  removesSource: boolean;
  restartsComparison: boolean;
}

/** Ends a run. Returns it as it has ended; null: the step was not the present one, and nothing is changed. */
export async function endRun(
  db: Db,
  run: RunRow,
  { source: patch, removesSource, restartsComparison, ...end }: RunEnd,
): Promise<RunRow | null> {
  // Conditions on the run itself, as the batch began: it is ended by the last statement.
  const whilePresent = sql`EXISTS (SELECT 1 FROM marketplace_runs WHERE ${isPresent(run)})`;
  const ofSource = and(eq(marketplaceSources.name, run.source), whilePresent);
  const expired = db
    .select({ number })
    .from(marketplaceRuns)
    .where(lt(marketplaceRuns.startedAt, end.endedAt - RUNS_KEPT_MS));
  const [, , , , , ended] = await db.batch([
    restartComparison(db, restartsComparison ? whilePresent : sql`0`),
    removesSource
      ? db.delete(marketplaceSources).where(ofSource)
      : db
          .update(marketplaceSources)
          .set({ name: run.source, ...patch })
          .where(ofSource),
    db
      .delete(marketplaceRunPages)
      .where(and(eq(marketplaceRunPages.run, run.number), whilePresent)),
    db.delete(marketplaceRejections).where(inArray(marketplaceRejections.run, expired)),
    db.delete(marketplaceRuns).where(inArray(number, expired)),
    db.update(marketplaceRuns).set(end).where(isPresent(run)).returning(),
  ]);
  return ended[0] ?? null;
}

/** The statements that end the running run of a source without an outcome. */
export function endRunning(db: Db, name: string, problem: string) {
  const running = and(eq(source, name), eq(state, "running"));
  return [
    db
      .delete(marketplaceRunPages)
      .where(
        inArray(
          marketplaceRunPages.run,
          db.select({ number }).from(marketplaceRuns).where(running),
        ),
      ),
    db
      .update(marketplaceRuns)
      .set({ state: "failed", endedAt: Date.now(), problem })
      .where(running),
  ] as const;
}

/** Returns a page of runs, the newest first. `before`: only runs with a smaller number. */
export async function listRuns(
  db: Db,
  query: { source: string | undefined; before: number | null; limit: number },
): Promise<RunRow[]> {
  return db
    .select()
    .from(marketplaceRuns)
    .where(
      and(
        query.source === undefined ? undefined : eq(source, query.source),
        query.before === null ? undefined : lt(number, query.before),
      ),
    )
    .orderBy(desc(number))
    .limit(query.limit);
}

/** Returns the entries that a run has left out; null: there is no such run. */
export async function listRejections(db: Db, run: number): Promise<MarketplaceRejection[] | null> {
  const { run: ofRun, ...columns } = marketplaceRejections;
  const { page, position, name, reason } = columns;
  const [found, rows] = await db.batch([
    db.select({ number }).from(marketplaceRuns).where(eq(number, run)),
    db
      .select({ page, position, name, reason })
      .from(marketplaceRejections)
      .where(eq(ofRun, run))
      .orderBy(page, position),
  ]);
  return found.length > 0 ? rows : null;
}
