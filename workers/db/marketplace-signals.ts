import { eq, sql, type SQL } from "drizzle-orm";
import type { SignalService } from "../contract/api/marketplace-signals.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import {
  marketplaceJobs,
  marketplaceSignals,
  marketplaceSubjects,
} from "./marketplace-signals-schema.ts";
import { toList } from "./marketplace.ts";

/** Places at the head of the queue; other values of `next_check_at` are times. */
const WANTED = 0;
const CHANGED = 1;
/** A subject is not asked for again earlier, also if a reader wants it or an entry has changed. */
const FRESH_MS = DAY_MS;

/** Repositories or packages of a server. */
export interface ServerSubjects {
  number: number;
  subjects: { service: SignalService; subject: string }[];
}

/** What is stored of a subject, and how many servers have it. `detail`: JSON; null: the figures are not known. */
export interface SignalRow {
  service: SignalService;
  subject: string;
  checkedAt: number | null;
  isGone: boolean;
  detail: string | null;
  servers: number;
}

/** The outcome of a check. `detail` undefined: the service has not said, and what is stored stays. */
export interface CheckedSignal {
  subject: string;
  nextCheckAt: number;
  isGone: boolean;
  detail: string | null | undefined;
}

/**
 * The statements that store which subjects servers have, and none for those that have ended. New ones are asked for soon, and
 * known ones too if entries have changed at `changedAt` (epoch ms; null: they have not).
 */
export function saveSubjects(
  db: Db,
  {
    servers,
    ended,
    changedAt,
  }: { servers: ServerSubjects[]; ended: number[]; changedAt: number | null },
) {
  const numbers = toList([...servers.map(({ number }) => number), ...ended]);
  const links = JSON.stringify(
    servers.flatMap(({ number, subjects }) =>
      subjects.map(({ service, subject }) => [service, subject, number]),
    ),
  );
  const given = sql`json_each(${links})`;
  const { service, subject, number } = marketplaceSubjects;
  return [
    db.delete(marketplaceSubjects).where(
      sql`${number} IN ${numbers} AND (${service}, ${subject}, ${number}) NOT IN
          (SELECT value ->> 0, value ->> 1, value ->> 2 FROM ${given})`,
    ),
    db
      .insert(marketplaceSubjects)
      .select(sql`SELECT value ->> 0, value ->> 1, value ->> 2 FROM ${given} WHERE true`)
      .onConflictDoNothing(),
    db
      .insert(marketplaceSignals)
      .select(
        sql`SELECT DISTINCT value ->> 0, value ->> 1, ${CHANGED}, NULL, 0, NULL FROM ${given} WHERE true`,
      )
      .onConflictDoUpdate({
        target: [marketplaceSignals.service, marketplaceSignals.subject],
        set: { nextCheckAt: CHANGED },
        setWhere: changedAt === null ? sql`false` : isOld(CHANGED, changedAt),
      }),
  ] as const;
}

/** Has subjects asked for first, because a reader looks at them. Those that were checked lately keep their place. */
export async function wantSubjects(
  db: Db,
  subjects: { service: SignalService; subject: string }[],
  now: number,
): Promise<void> {
  const keys = JSON.stringify(subjects.map(({ service, subject }) => [service, subject]));
  await db
    .update(marketplaceSignals)
    .set({ nextCheckAt: WANTED })
    .where(
      sql`(${marketplaceSignals.service}, ${marketplaceSignals.subject}) IN
        (SELECT value ->> 0, value ->> 1 FROM json_each(${keys})) AND ${isOld(WANTED, now)}`,
    );
}

/** Whether a subject can go to this place of the queue. */
function isOld(place: number, now: number): SQL {
  const { nextCheckAt, checkedAt, isGone } = marketplaceSignals;
  return sql`${nextCheckAt} > ${place} AND ${isGone} = 0 AND ifnull(${checkedAt}, 0) < ${now - FRESH_MS}`;
}

/** Returns what is stored of subjects; those of which nothing is stored are missing. */
export async function readSignals(
  db: Db,
  subjects: { service: SignalService; subject: string }[],
): Promise<SignalRow[]> {
  if (subjects.length === 0) return [];
  const keys = JSON.stringify(subjects.map(({ service, subject }) => [service, subject]));
  const { service, subject, checkedAt, isGone, detail } = marketplaceSignals;
  return db
    .select({
      service,
      subject,
      checkedAt,
      isGone,
      detail,
      servers: sql<number>`(SELECT count(*) FROM marketplace_subjects AS s
        WHERE s.service = marketplace_signals.service AND s.subject = marketplace_signals.subject)`,
    })
    .from(marketplaceSignals)
    .where(
      sql`(${service}, ${subject}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${keys}))`,
    );
}

/** Returns the next subjects that a service is asked for at `now`, and whether a server still has each. */
export async function listDueSubjects(
  db: Db,
  service: SignalService,
  now: number,
  limit: number,
): Promise<{ subject: string; detail: string | null; isGone: boolean; isUsed: number }[]> {
  const { subject, detail, isGone, nextCheckAt } = marketplaceSignals;
  return db
    .select({
      subject,
      detail,
      isGone,
      isUsed: sql<number>`EXISTS (SELECT 1 FROM marketplace_subjects AS s
        WHERE s.service = marketplace_signals.service AND s.subject = marketplace_signals.subject)`,
    })
    .from(marketplaceSignals)
    .where(sql`${marketplaceSignals.service} = ${service} AND ${nextCheckAt} <= ${now}`)
    .orderBy(nextCheckAt)
    .limit(limit);
}

/** Stores what a service has said at `now`, and deletes subjects that no server has any more. */
export async function storeSignals(
  db: Db,
  service: SignalService,
  { checked, unused }: { checked: CheckedSignal[]; unused: string[] },
  now: number,
): Promise<void> {
  const said = checked.filter(({ detail }) => detail !== undefined);
  const unsaid = checked.filter(({ detail }) => detail === undefined);
  const isOfService = eq(marketplaceSignals.service, service);
  const { subject } = marketplaceSignals;
  await db.batch([
    db
      .insert(marketplaceSignals)
      .select(
        sql`SELECT ${service}, value ->> 'subject', value ->> 'nextCheckAt', ${now}, value ->> 'isGone', value ->> 'detail'
          FROM json_each(${JSON.stringify(said)}) WHERE true`,
      )
      .onConflictDoUpdate({
        target: [marketplaceSignals.service, subject],
        set: {
          nextCheckAt: sql`excluded.next_check_at`,
          checkedAt: sql`excluded.checked_at`,
          isGone: sql`excluded.is_gone`,
          detail: sql`excluded.detail`,
        },
      }),
    db
      .update(marketplaceSignals)
      .set({ nextCheckAt: Math.max(0, ...unsaid.map(({ nextCheckAt }) => nextCheckAt)) })
      .where(sql`${isOfService} AND ${subject} IN ${toList(unsaid.map((one) => one.subject))}`),
    db.delete(marketplaceSignals).where(sql`${isOfService} AND ${subject} IN ${toList(unused)}`),
  ]);
}

/** Returns the servers that have one of the subjects. */
export async function listServersOfSubjects(
  db: Db,
  service: SignalService,
  subjects: string[],
  limit: number,
): Promise<number[]> {
  const rows = await db
    .selectDistinct({ number: marketplaceSubjects.number })
    .from(marketplaceSubjects)
    .where(
      sql`${marketplaceSubjects.service} = ${service} AND ${marketplaceSubjects.subject} IN ${toList(subjects)}`,
    )
    .limit(limit);
  return rows.map(({ number }) => number);
}

/** Returns how far each service is at `now`, by name. */
export async function readSignalProgress(db: Db, now: number) {
  const { service, checkedAt, isGone, nextCheckAt } = marketplaceSignals;
  const [jobs, counts] = await db.batch([
    db.select().from(marketplaceJobs),
    db
      .select({
        service,
        subjects: sql<number>`count(*)`,
        known: sql<number>`total(${checkedAt} IS NOT NULL AND NOT ${isGone})`,
        gone: sql<number>`total(${isGone})`,
        due: sql<number>`total(${nextCheckAt} <= ${now})`,
      })
      .from(marketplaceSignals)
      .groupBy(service),
  ]);
  return { jobs, counts };
}
