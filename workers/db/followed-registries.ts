import { and, asc, eq, isNotNull, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { FoundEntry } from "../contract/records/followed-registry.ts";
import type { EntityChange } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent, insertEventIf } from "./events.ts";
import { followedEntries, followedRegistries } from "./followed-registries-schema.ts";

/** A registry that a workspace follows, as it is stored. */
export type FollowRow = typeof followedRegistries.$inferSelect;
/** An entry of a followed registry, as it is stored. */
export type EntryRow = typeof followedEntries.$inferSelect;

/** Changes of a follow's present run. */
type RunChange = Partial<Omit<FollowRow, "id" | "workspaceId">>;

/** Of an entry on which nothing is decided. */
const UNDECIDED = { approved: null, leftOut: null, problem: null };
/** Rows of entries in one statement: D1 takes 2 MB. */
const ROWS_AT_ONCE = 40;
/** Follows that are begun or taken over in one minute. */
const MAX_DUE = 50;

/** Returns the follows of a workspace, the oldest first. */
export async function listFollows(db: Db, workspaceId: string): Promise<FollowRow[]> {
  return db
    .select()
    .from(followedRegistries)
    .where(eq(followedRegistries.workspaceId, workspaceId))
    .orderBy(asc(followedRegistries.createdAt), asc(followedRegistries.id));
}

/** Returns a follow of a workspace by id. */
export async function findFollow(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<FollowRow | undefined> {
  const rows = await db
    .select()
    .from(followedRegistries)
    .where(and(eq(followedRegistries.workspaceId, workspaceId), eq(followedRegistries.id, id)));
  return rows[0];
}

/** Returns the entries of all follows of a workspace, by name. */
export async function listWorkspaceEntries(db: Db, workspaceId: string): Promise<EntryRow[]> {
  const own = db
    .select({ id: followedRegistries.id })
    .from(followedRegistries)
    .where(eq(followedRegistries.workspaceId, workspaceId));
  return db
    .select()
    .from(followedEntries)
    .where(sql`${followedEntries.followId} IN ${own}`)
    .orderBy(asc(followedEntries.name));
}

/** Stores a new follow with its audit event. */
export async function insertFollow(db: Db, follow: FollowRow, event: AuditEvent): Promise<void> {
  await db.batch([db.insert(followedRegistries).values(follow), insertEvent(db, event)]);
}

/**
 * Stores changes of a follow with their audit event. `isOther`: what it follows is another registry or pattern, so that
 * decisions on its proposals count no more.
 */
export async function updateFollow(
  db: Db,
  { id }: FollowRow,
  change: RunChange,
  event: AuditEvent,
  isOther: boolean,
): Promise<void> {
  const mine = eq(followedEntries.followId, id);
  await db.batch([
    db.update(followedRegistries).set(change).where(eq(followedRegistries.id, id)),
    ...(isOther
      ? [
          db.delete(followedEntries).where(and(mine, isNull(followedEntries.target))),
          db.update(followedEntries).set(UNDECIDED).where(mine),
        ]
      : []),
    insertEvent(db, event),
  ]);
}

/** Deletes a follow with its audit event. The servers that it keeps stay. */
export async function deleteFollow(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([
    db.delete(followedEntries).where(eq(followedEntries.followId, id)),
    db.delete(followedRegistries).where(eq(followedRegistries.id, id)),
    insertEvent(db, event),
  ]);
}

/** An admin's decisions on a plan: names of entries with the keys of their proposals. */
export interface PlanDecisions {
  approved: [name: string, key: string][];
  leftOut: [name: string, key: string][];
}

/** Stores the approval of a plan with its audit event. False: the follow was changed meanwhile. */
export async function approvePlan(
  db: Db,
  { id, run, url, pattern }: FollowRow,
  { approved, leftOut }: PlanDecisions,
  change: RunChange,
  event: AuditEvent,
): Promise<boolean> {
  // The batch changes none of the three, so that the condition holds for all of its statements or for none.
  const isSame = sql`EXISTS (SELECT 1 FROM followed_registries
    WHERE id = ${id} AND url = ${url} AND pattern = ${pattern})`;
  const decide = (decided: [string, string][]) => {
    const json = JSON.stringify(decided);
    return {
      key: sql`(SELECT value ->> 1 FROM json_each(${json}) WHERE value ->> 0 = ${followedEntries.name})`,
      where: and(
        eq(followedEntries.followId, id),
        sql`${followedEntries.name} IN (SELECT value ->> 0 FROM json_each(${json}))`,
        isSame,
      ),
    };
  };
  const yes = decide(approved);
  const no = decide(leftOut);
  const [updated] = await db.batch([
    db
      .update(followedRegistries)
      .set(change)
      .where(and(eq(followedRegistries.id, id), isSame))
      .returning({ id: followedRegistries.id }),
    db
      .update(followedEntries)
      .set({ approved: yes.key, leftOut: null, problem: null, triedRun: Math.max(0, run - 1) })
      .where(yes.where),
    db.update(followedEntries).set({ leftOut: no.key, approved: null }).where(no.where),
    insertEventIf(db, event, isSame),
  ]);
  return updated.length > 0;
}

/** Returns the follows that need attention at `now` (epoch ms): a reading is due, or a step has not ended in its time. */
export async function listDueFollows(db: Db, now: number): Promise<FollowRow[]> {
  return db
    .select()
    .from(followedRegistries)
    .where(
      or(
        and(eq(followedRegistries.phase, "idle"), lte(followedRegistries.nextRunAt, now)),
        and(ne(followedRegistries.phase, "idle"), lte(followedRegistries.leaseUntil, now)),
      ),
    )
    .orderBy(asc(followedRegistries.nextRunAt))
    .limit(MAX_DUE);
}

/** Returns a follow whose present step is this one; undefined: another one is, or none. */
export async function findPresentFollow(
  db: Db,
  { id, step }: Pick<FollowRow, "id" | "step">,
): Promise<FollowRow | undefined> {
  const rows = await db
    .select()
    .from(followedRegistries)
    .where(
      and(
        eq(followedRegistries.id, id),
        eq(followedRegistries.step, step),
        ne(followedRegistries.phase, "idle"),
      ),
    );
  return rows[0];
}

/** Ends the present step with a change. Undefined: the step was over already, or the follow is gone. */
export async function advanceFollow(
  db: Db,
  { id, step }: FollowRow,
  change: RunChange,
): Promise<FollowRow | undefined> {
  const rows = await db
    .update(followedRegistries)
    .set({ ...change, step: step + 1 })
    .where(and(eq(followedRegistries.id, id), eq(followedRegistries.step, step)))
    .returning();
  return rows[0];
}

/** Stores what a page says of entries. Returns the number of entries that the present reading has found so far. */
export async function storeFoundEntries(
  db: Db,
  { id, run }: FollowRow,
  found: [name: string, entry: FoundEntry][],
): Promise<number> {
  for (let first = 0; first < found.length; first += ROWS_AT_ONCE) {
    const json = JSON.stringify(found.slice(first, first + ROWS_AT_ONCE));
    await db
      .insert(followedEntries)
      .select(
        sql`SELECT ${id}, value ->> 0, value -> 1, NULL, NULL, NULL, NULL, ${run}, 0, NULL FROM json_each(${json}) WHERE true`,
      )
      .onConflictDoUpdate({
        target: [followedEntries.followId, followedEntries.name],
        set: { found: sql`excluded.found`, seenRun: sql`excluded.seen_run` },
      });
  }
  const seen = and(eq(followedEntries.followId, id), eq(followedEntries.seenRun, run));
  return db.$count(followedEntries, seen);
}

/**
 * Stores which entries the present reading has not found. Those without a decision and
 * without a server are deleted.
 */
export async function markGone(db: Db, { id, run }: FollowRow): Promise<void> {
  const gone = and(eq(followedEntries.followId, id), lt(followedEntries.seenRun, run));
  await db.batch([
    db
      .delete(followedEntries)
      .where(and(gone, isNull(followedEntries.target), isNull(followedEntries.leftOut))),
    db
      .update(followedEntries)
      .set({ found: null })
      .where(and(gone, isNotNull(followedEntries.found))),
  ]);
}

/** Stores that a run has tried to apply an entry. `problem` null: it succeeded. */
export async function recordAttempt(
  db: Db,
  { id, run }: FollowRow,
  name: string,
  problem: string | null,
): Promise<void> {
  await db
    .update(followedEntries)
    .set({ triedRun: run, problem, ...(problem === null ? { approved: null } : {}) })
    .where(and(eq(followedEntries.followId, id), eq(followedEntries.name, name)));
}

/** Stores that the server of an entry is removed as an admin has approved. */
export async function deleteEntry(db: Db, { id }: FollowRow, name: string): Promise<void> {
  await db
    .delete(followedEntries)
    .where(and(eq(followedEntries.followId, id), eq(followedEntries.name, name)));
}

/**
 * Returns the statements that bind an entry to the server or instance which its follow has made or changed. They belong in
 * the transaction of the change, so that it is not made twice. None: the change is not a follow's.
 */
export function toFollowLink(db: Db, { detail, object }: AuditEvent, changes: EntityChange[]) {
  const { followedRegistry, entry } = detail;
  if (typeof followedRegistry !== "string" || typeof entry !== "string") return [];
  const target = changes.find(
    (change) =>
      (change.kind === "server" && object === `server:${change.value?.slug}`) ||
      (change.kind === "instance" && object === `instance:${change.id}`),
  );
  if (!target) return [];
  return [
    db
      .update(followedEntries)
      .set({ target: target.id, applied: sql`${followedEntries.found}`, ...UNDECIDED })
      .where(and(eq(followedEntries.followId, followedRegistry), eq(followedEntries.name, entry))),
  ];
}
