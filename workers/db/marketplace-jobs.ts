import { and, eq, sql } from "drizzle-orm";
import type { JobName } from "../contract/api/marketplace-signals.ts";
import type { Db } from "./database.ts";
import { marketplaceJobs, marketplaceSignals } from "./marketplace-signals-schema.ts";
import { toList } from "./marketplace.ts";

/** A job as it is stored. */
export type JobRow = typeof marketplaceJobs.$inferSelect;

/** Returns those of the jobs that have work at `now` (epoch ms), or whose step has not ended in its time. */
export async function listDueJobs(db: Db, names: JobName[], now: number): Promise<JobRow[]> {
  const { name, nextStepAt } = marketplaceJobs;
  return db
    .select()
    .from(marketplaceJobs)
    .where(
      sql`${name} IN ${toList(names)} AND ${nextStepAt} <= ${now} AND (${name} = ${"scores" satisfies JobName}
        OR EXISTS (SELECT 1 FROM ${marketplaceSignals} AS due WHERE due.service = ${name} AND due.next_check_at <= ${now}))`,
    );
}

/** Returns the job if this is its step. */
export async function findPresentJob(
  db: Db,
  { name, step }: Pick<JobRow, "name" | "step">,
): Promise<JobRow | undefined> {
  const rows = await db.select().from(marketplaceJobs).where(isPresent({ name, step }));
  return rows[0];
}

/** Ends a step, which begins the next one. False: the step was over already. */
export async function advanceJob(
  db: Db,
  { name, step }: Pick<JobRow, "name" | "step">,
  next: Partial<Omit<JobRow, "name" | "step">>,
): Promise<boolean> {
  const advanced = await db
    .update(marketplaceJobs)
    .set({ ...next, step: step + 1 })
    .where(isPresent({ name, step }))
    .returning({ name: marketplaceJobs.name });
  return advanced.length > 0;
}

function isPresent({ name, step }: Pick<JobRow, "name" | "step">) {
  return and(eq(marketplaceJobs.name, name), eq(marketplaceJobs.step, step));
}
