import { and, asc, desc, eq, lt, lte, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Part, PartKind, VersionRow } from "../contract/versions/parts.ts";
import type { Db } from "./database.ts";
import { versionParts, workspaceVersions } from "./versions-schema.ts";

/** Characters of the documents in one statement: D1 limits the size of a value. */
const MAX_STATEMENT_TEXT = 500_000;
/** Documents in one response, which D1 limits: one of a member has up to 2,000 rules. */
const DOCUMENTS_PER_QUERY = 50;

/** A version without its parts. */
export type VersionHead = Pick<VersionRow, "number" | "eventId" | "actor" | "createdAt">;

/** Returns the statements that store versions. They belong in the same batch as the change that makes them. */
export function toVersionStatements(
  db: Db,
  workspaceId: string,
  rows: VersionRow[],
): BatchItem<"sqlite">[] {
  return rows.flatMap(({ documents, ...row }) => [
    ...toChunks([...documents]).map((chunk) => {
      const json = JSON.stringify(chunk);
      return db
        .insert(versionParts)
        .select(
          sql`SELECT ${workspaceId}, value ->> 0, value ->> 1 FROM json_each(${json}) WHERE true`,
        )
        .onConflictDoNothing();
    }),
    db.insert(workspaceVersions).values({ workspaceId, ...row }),
  ]);
}

function toChunks(documents: [digest: string, document: string][]): [string, string][][] {
  const chunks: [string, string][][] = [];
  let room = 0;
  for (const entry of documents) {
    room -= entry[1].length;
    if (room < 0 || chunks.length === 0) {
      chunks.push([]);
      room = MAX_STATEMENT_TEXT - entry[1].length;
    }
    chunks.at(-1)?.push(entry);
  }
  return chunks;
}

/** Returns the statements that delete all versions of a workspace. */
export function toVersionDeletion(db: Db, workspaceId: string): BatchItem<"sqlite">[] {
  return [
    db.delete(workspaceVersions).where(eq(workspaceVersions.workspaceId, workspaceId)),
    db.delete(versionParts).where(eq(versionParts.workspaceId, workspaceId)),
  ];
}

/** Returns the number of a workspace's newest version; 0: it has none. */
export async function findLastVersion(db: Db, workspaceId: string): Promise<number> {
  const rows = await db
    .select({ number: workspaceVersions.number })
    .from(workspaceVersions)
    .where(eq(workspaceVersions.workspaceId, workspaceId))
    .orderBy(desc(workspaceVersions.number))
    .limit(1);
  return rows[0]?.number ?? 0;
}

/** Returns versions of a workspace, newest first; `before`: only those with a smaller number. */
export async function listVersions(
  db: Db,
  workspaceId: string,
  before: number | null,
  limit: number,
): Promise<VersionHead[]> {
  const { number, eventId, actor, createdAt } = workspaceVersions;
  return db
    .select({ number, eventId, actor, createdAt })
    .from(workspaceVersions)
    .where(
      and(
        eq(workspaceVersions.workspaceId, workspaceId),
        before === null ? undefined : lt(number, before),
      ),
    )
    .orderBy(desc(number))
    .limit(limit);
}

/** Returns a version of a workspace; undefined: there is none of this number. */
export async function findVersion(
  db: Db,
  workspaceId: string,
  version: number,
): Promise<VersionHead | undefined> {
  const rows = await listVersions(db, workspaceId, version + 1, 1);
  return rows.find(({ number }) => number === version);
}

/** Returns the parts of a version with their documents; null: the workspace has no such version. */
export async function readVersionParts(
  db: Db,
  workspaceId: string,
  number: number,
): Promise<Part[] | null> {
  const { workspaceId: owner, number: column, isWhole, parts } = workspaceVersions;
  const start = sql`(SELECT max(number) FROM workspace_versions
    WHERE workspace_id = ${workspaceId} AND number <= ${number} AND is_whole)`;
  const rows = await db
    .select({ number: column, isWhole, parts })
    .from(workspaceVersions)
    .where(and(eq(owner, workspaceId), lte(column, number), sql`${column} >= ${start}`))
    .orderBy(asc(column));
  if (rows.at(-1)?.number !== number) return null;
  const digests = new Map<string, { kind: PartKind; id: string; digest: string }>();
  for (const row of rows)
    for (const [kind, id, digest] of row.parts) {
      if (digest === null) digests.delete(`${kind}:${id}`);
      else digests.set(`${kind}:${id}`, { kind, id, digest });
    }
  const listed = [...digests.values()];
  const documents = await readDocuments(db, workspaceId, [
    ...new Set(listed.map(({ digest }) => digest)),
  ]);
  return listed.map(({ kind, id, digest }) => {
    const json = documents.get(digest);
    if (json === undefined) throw new Error("a part of a version has no document");
    return { kind, id, json };
  });
}

/**
 * Returns the digest of the last contract that a server with this slug had in the workspace's versions; null: none had one.
 */
export async function findLastContractDigest(
  db: Db,
  workspaceId: string,
  slug: string,
): Promise<string | null> {
  const contractDigest = sql<string>`${versionParts.document} ->> '$.contractDigest'`;
  const states = await db
    .select({ digest: versionParts.digest, contractDigest })
    .from(versionParts)
    .where(
      and(
        eq(versionParts.workspaceId, workspaceId),
        // Few documents have the text, so that few are read as JSON.
        sql`instr(${versionParts.document}, ${JSON.stringify(slug)}) > 0`,
        sql`${versionParts.document} ->> '$.slug' = ${slug}`,
        sql`${contractDigest} IS NOT NULL`,
      ),
    );
  if (states.length === 0) return null;
  const wanted = JSON.stringify(states.map(({ digest }) => digest));
  const [last] = await db
    .select({ digest: sql<string>`part.value ->> 2` })
    .from(sql`${workspaceVersions}, json_each(${workspaceVersions.parts}) AS part`)
    .where(
      and(
        eq(workspaceVersions.workspaceId, workspaceId),
        sql`part.value ->> 0 = 'server'`,
        sql`part.value ->> 2 IN (SELECT value FROM json_each(${wanted}))`,
      ),
    )
    .orderBy(desc(workspaceVersions.number))
    .limit(1);
  return states.find(({ digest }) => digest === last?.digest)?.contractDigest ?? null;
}

async function readDocuments(
  db: Db,
  workspaceId: string,
  digests: string[],
): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  for (let start = 0; start < digests.length; start += DOCUMENTS_PER_QUERY) {
    const some = JSON.stringify(digests.slice(start, start + DOCUMENTS_PER_QUERY));
    const rows = await db
      .select({ digest: versionParts.digest, document: versionParts.document })
      .from(versionParts)
      .where(
        and(
          eq(versionParts.workspaceId, workspaceId),
          sql`${versionParts.digest} IN (SELECT value FROM json_each(${some}))`,
        ),
      );
    for (const { digest, document } of rows) documents.set(digest, document);
  }
  return documents;
}
