import { and, desc, eq, getTableColumns, sql } from "drizzle-orm";
import type { Drift, RemoteProbe } from "../contract/api/marketplace-probes.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import {
  marketplaceDrift,
  marketplaceRemotes,
  marketplaceTools,
  type StoredTool,
} from "./marketplace-probes-schema.ts";
import { marketplaceServers } from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";
import { deleteInSteps, type QueryBudget } from "./query-budget.ts";

/** An address with the result of its last probe, as it is stored. */
export type RemoteRow = typeof marketplaceRemotes.$inferSelect;

/** What a probe changes. */
export interface ProbeChange {
  remote: RemoteRow;
  /** Null: as they were. */
  tools: Pick<typeof marketplaceTools.$inferSelect, "tools" | "words" | "isDescribed"> | null;
  drift: Drift[];
  /** Whether listing or score of the server have to follow. */
  concernsServer: boolean;
}

/** Changes that are kept of a server, and for how long. */
const MAX_DRIFT = 200;
const DRIFT_KEPT_MS = 90 * DAY_MS;

const isOfSameRemote = and(
  eq(marketplaceTools.number, marketplaceRemotes.number),
  eq(marketplaceTools.url, marketplaceRemotes.url),
);

/**
 * Takes the addresses whose probe is due at `now`, at most `most` and `perHost` of one host, those that have waited longest
 * first. They are not taken again before `leaseUntil`.
 */
export async function claimRemotes(
  db: Db,
  now: number,
  { leaseUntil, most, perHost }: { leaseUntil: number; most: number; perHost: number },
): Promise<RemoteRow[]> {
  return db
    .update(marketplaceRemotes)
    .set({ nextProbeAt: leaseUntil })
    .where(
      sql`(number, url) IN (SELECT number, url FROM (
          SELECT number, url, next_probe_at,
            row_number() OVER (PARTITION BY host ORDER BY next_probe_at) AS place
          FROM marketplace_remotes WHERE next_probe_at <= ${now})
        WHERE place <= ${perHost} ORDER BY next_probe_at LIMIT ${most})`,
    )
    .returning();
}

/** The number of the server that the marketplace shows under a name. */
const numberOf = (name: string) =>
  sql`(SELECT min(number) FROM ${marketplaceServers} WHERE ${marketplaceServers.name} = ${name})`;

/** Returns the addresses of a server that are probed. */
export async function findRemotes(db: Db, name: string): Promise<RemoteRow[]> {
  return db
    .select()
    .from(marketplaceRemotes)
    .where(eq(marketplaceRemotes.number, numberOf(name)));
}

/** Returns the tools that an address listed last; null: it never did. */
export async function findTools(
  db: Db,
  { number, url }: Pick<RemoteRow, "number" | "url">,
): Promise<StoredTool[] | null> {
  const [row] = await db
    .select({ tools: marketplaceTools.tools })
    .from(marketplaceTools)
    .where(and(eq(marketplaceTools.number, number), eq(marketplaceTools.url, url)));
  return row?.tools ?? null;
}

/** Stores what probes have changed. An address that its server no longer has is left out. */
export async function saveProbes(db: Db, changes: ProbeChange[]): Promise<void> {
  const remotes = JSON.stringify(changes.map(({ remote }) => remote));
  const drift = changes.flatMap(({ remote: { number }, drift: of }) =>
    of.map((entry) => ({ ...entry, number })),
  );
  const updated = db
    .insert(marketplaceRemotes)
    .select(
      sql`SELECT value ->> 'number', value ->> 'url', value ->> 'host', value ->> 'nextProbeAt',
          value ->> 'probedAt', value ->> 'outcome', value ->> 'auth', value ->> 'protocolVersion',
          value ->> 'latencyMs', value ->> 'problem', value ->> 'failures', value ->> 'failingSince',
          value ->> 'listedAt'
        FROM json_each(${remotes})
        WHERE (value ->> 'number', value ->> 'url') IN (SELECT number, url FROM marketplace_remotes)`,
    )
    .onConflictDoUpdate({
      target: [marketplaceRemotes.number, marketplaceRemotes.url],
      set: Object.fromEntries(
        UPDATED.map((column) => [column, sql.raw(`excluded.${marketplaceRemotes[column].name}`)]),
      ),
    });
  await db.batch([
    updated,
    ...changes.flatMap(({ remote: { number, url }, tools: listed }) => {
      if (!listed) return [];
      const { tools, words, isDescribed } = listed;
      return db
        .insert(marketplaceTools)
        .select(
          sql`SELECT number, url, ${JSON.stringify(tools)}, ${words}, ${Number(isDescribed)}
            FROM marketplace_remotes WHERE number = ${number} AND url = ${url}`,
        )
        .onConflictDoUpdate({
          target: [marketplaceTools.number, marketplaceTools.url],
          set: {
            tools: sql`excluded.tools`,
            words: sql`excluded.words`,
            isDescribed: sql`excluded.is_described`,
          },
        });
    }),
    ...(drift.length === 0 ? [] : insertDrift(db, drift)),
  ]);
}

const UPDATED = [
  "nextProbeAt",
  "probedAt",
  "outcome",
  "auth",
  "protocolVersion",
  "latencyMs",
  "problem",
  "failures",
  "failingSince",
  "listedAt",
] as const;

/** Adds changes, and deletes the oldest ones of servers that have too many. */
function insertDrift(db: Db, drift: (Drift & { number: number })[]) {
  const numbers = [...new Set(drift.map(({ number }) => number))];
  return [
    db.insert(marketplaceDrift).select(
      sql`SELECT NULL, value ->> 'number', value ->> 'url', value ->> 'at', value ->> 'kind',
            value ->> 'tool', value ->> 'detail' FROM json_each(${JSON.stringify(drift)})`,
    ),
    db.delete(marketplaceDrift).where(
      sql`id IN (SELECT id FROM (SELECT id,
              row_number() OVER (PARTITION BY number ORDER BY id DESC) AS place
            FROM marketplace_drift WHERE number IN ${toList(numbers)}) WHERE place > ${MAX_DRIFT})`,
    ),
  ];
}

/** Returns the probes of a server's addresses. */
export async function listProbes(db: Db, name: string): Promise<RemoteProbe[]> {
  const {
    number,
    host: _host,
    nextProbeAt: _nextProbeAt,
    failures: _failures,
    ...columns
  } = getTableColumns(marketplaceRemotes);
  const rows = await db
    .select({ ...columns, tools: marketplaceTools.tools })
    .from(marketplaceRemotes)
    .leftJoin(marketplaceTools, isOfSameRemote)
    .where(eq(number, numberOf(name)));
  return rows.map(({ tools, ...probe }) => ({
    ...probe,
    tools: tools?.map(({ digests: _digests, ...tool }) => tool) ?? null,
  }));
}

/** Returns the changes of a server's addresses, the newest first. */
export async function listDrift(db: Db, name: string): Promise<Drift[]> {
  const { at, url, kind, tool, detail, id, number } = marketplaceDrift;
  return db
    .select({ at, url, kind, tool, detail })
    .from(marketplaceDrift)
    .where(eq(number, numberOf(name)))
    .orderBy(desc(id))
    .limit(MAX_DRIFT);
}

/** What is known of an address, for search and score. */
export type ProbeFact = Pick<
  RemoteRow,
  "url" | "outcome" | "auth" | "failures" | "failingSince" | "probedAt"
> & {
  /** Null: it never listed tools. */
  words: string | null;
  isDescribed: boolean | null;
};

/** Returns what is known of the addresses of servers, by the servers' numbers. */
export async function readProbeFacts(db: Db, numbers: number[]): Promise<Map<number, ProbeFact[]>> {
  const { number, url, outcome, auth, failures, failingSince, probedAt } = marketplaceRemotes;
  const { words, isDescribed } = marketplaceTools;
  const rows = await db
    .select({
      number,
      url,
      outcome,
      auth,
      failures,
      failingSince,
      probedAt,
      words,
      isDescribed,
    })
    .from(marketplaceRemotes)
    .leftJoin(marketplaceTools, isOfSameRemote)
    .where(sql`${number} IN ${toList(numbers)}`);
  return Map.groupBy(rows, (row) => row.number);
}

/** Deletes old changes. `now`: epoch ms. */
export async function deleteExpiredDrift(db: Db, now: number, budget: QueryBudget): Promise<void> {
  const where = sql`at < ${now - DRIFT_KEPT_MS}`;
  await deleteInSteps(db, budget, { table: "marketplace_drift", key: "id", where });
}
