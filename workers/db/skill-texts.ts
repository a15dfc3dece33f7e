import { and, eq, sql } from "drizzle-orm";
import { skillTexts } from "./contracts-schema.ts";
import type { Db } from "./database.ts";

/** A text with the SHA-256 of its bytes, lowercase hex. */
export interface KeptText {
  digest: string;
  text: string;
}

/** Characters of the texts that one statement stores, with room for escapes within the 2 MB that D1 accepts. */
const STATEMENT_LENGTH = 250_000;

/** The texts of these digests that a workspace has. */
export async function findSkillTexts(
  db: Db,
  workspaceId: string,
  digests: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .select({ digest: skillTexts.digest, text: skillTexts.text })
    .from(skillTexts)
    .where(whereIn(workspaceId, digests));
  return new Map(rows.map(({ digest, text }) => [digest, text]));
}

/** Which of these digests a workspace has. */
export async function findKeptDigests(
  db: Db,
  workspaceId: string,
  digests: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ digest: skillTexts.digest })
    .from(skillTexts)
    .where(whereIn(workspaceId, digests));
  return new Set(rows.map(({ digest }) => digest));
}

/** The characters of all texts of a workspace. */
export async function sumKeptTexts(db: Db, workspaceId: string): Promise<number> {
  const [total] = await db
    .select({ length: sql<number>`coalesce(sum(length(${skillTexts.text})), 0)` })
    .from(skillTexts)
    .where(eq(skillTexts.workspaceId, workspaceId));
  return total?.length ?? 0;
}

/** Stores texts. Those that are there already are unchanged. */
export async function insertSkillTexts(
  db: Db,
  workspaceId: string,
  texts: readonly KeptText[],
): Promise<void> {
  let group: [string, string][] = [];
  let length = 0;
  const insert = async () => {
    const rows = JSON.stringify(group);
    group = [];
    length = 0;
    await db
      .insert(skillTexts)
      .select(
        sql`SELECT ${workspaceId}, value ->> 0, value ->> 1 FROM json_each(${rows}) WHERE true`,
      )
      .onConflictDoNothing();
  };
  for (const { digest, text } of texts) {
    if (length + text.length > STATEMENT_LENGTH && group.length > 0) await insert();
    group.push([digest, text]);
    length += text.length;
  }
  if (group.length > 0) await insert();
}

function whereIn(workspaceId: string, digests: readonly string[]) {
  return and(
    eq(skillTexts.workspaceId, workspaceId),
    sql`${skillTexts.digest} IN (SELECT value FROM json_each(${JSON.stringify(digests)}))`,
  );
}
