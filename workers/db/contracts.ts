import { createHash } from "node:crypto";
import { and, asc, eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Contract, LockedKind } from "../contract/records/contract.ts";
import { toSlices } from "../contract/text/slices.ts";
import { contracts, contractTexts, skillTexts } from "./contracts-schema.ts";
import type { Db } from "./database.ts";

type Statement = BatchItem<"sqlite">;

/** Characters of the texts of one statement: as JSON, with escapes, within the 2 MB that D1 accepts. */
const STATEMENT_LENGTH = 250_000;
/** Texts that are read with one query: D1 limits the size of a response. */
const READ_TEXTS = 50;

/** What a manifest has of a definition: [kind, key, digest of the text, digest of the definition, approved at, approved by]. */
type ManifestRow = [LockedKind, string, string, string, number, string];
/** And of a refused change: [kind, key, digest, refused at, refused by]. */
type RefusedRow = [LockedKind, string, string | null, number, string];
interface Manifest {
  definitions: ManifestRow[];
  refused: RefusedRow[];
}

/** Returns the statements that store a contract. What is stored already is unchanged. */
export function toContractStatements(db: Db, workspaceId: string, contract: Contract): Statement[] {
  const texts = new Map(contract.definitions.map(({ json }) => [digestText(json), json]));
  const rows = [...texts].flatMap(([digest, text]) =>
    toSlices(text).map((slice, part): [string, number, string] => [digest, part, slice]),
  );
  const insertTexts = groupRows(rows).map((group) =>
    db
      .insert(contractTexts)
      .select(
        sql`SELECT ${workspaceId}, value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(group)}) WHERE true`,
      )
      .onConflictDoNothing(),
  );
  const manifest: Manifest = {
    definitions: contract.definitions.map(({ kind, key, json, digest, approvedAt, approvedBy }) => [
      kind,
      key,
      digestText(json),
      digest,
      approvedAt,
      approvedBy,
    ]),
    refused: contract.refused.map(({ kind, key, digest, refusedAt, refusedBy }) => [
      kind,
      key,
      digest,
      refusedAt,
      refusedBy,
    ]),
  };
  const insertManifest = toSlices(JSON.stringify(manifest)).map((slice, part) =>
    db
      .insert(contracts)
      .values({ workspaceId, digest: contract.digest, part, manifest: slice })
      .onConflictDoNothing(),
  );
  return [...insertTexts, ...insertManifest];
}

/** Reads a contract; null: the workspace has none of this digest. */
export async function findContract(
  db: Db,
  workspaceId: string,
  digest: string,
): Promise<Contract | null> {
  const parts = await db
    .select({ manifest: contracts.manifest })
    .from(contracts)
    .where(and(eq(contracts.workspaceId, workspaceId), eq(contracts.digest, digest)))
    .orderBy(asc(contracts.part));
  if (parts.length === 0) return null;
  // A cast: `toContractStatements` made this JSON.
  const manifest = JSON.parse(parts.map((row) => row.manifest).join("")) as Manifest;
  const texts = await readTexts(
    db,
    workspaceId,
    manifest.definitions.map(([, , text]) => text),
  );
  return {
    digest,
    definitions: manifest.definitions.map(
      ([kind, key, text, definition, approvedAt, approvedBy]) => ({
        kind,
        key,
        json: texts.get(text) ?? "",
        digest: definition,
        approvedAt,
        approvedBy,
      }),
    ),
    refused: manifest.refused.map(([kind, key, of, refusedAt, refusedBy]) => ({
      kind,
      key,
      digest: of,
      refusedAt,
      refusedBy,
    })),
  };
}

/** Returns the statements that delete the contracts of a workspace. */
export function toContractDeletion(db: Db, workspaceId: string): Statement[] {
  return [
    db.delete(contracts).where(eq(contracts.workspaceId, workspaceId)),
    db.delete(contractTexts).where(eq(contractTexts.workspaceId, workspaceId)),
    db.delete(skillTexts).where(eq(skillTexts.workspaceId, workspaceId)),
  ];
}

async function readTexts(
  db: Db,
  workspaceId: string,
  digests: string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (let at = 0; at < digests.length; at += READ_TEXTS) {
    const wanted = JSON.stringify(digests.slice(at, at + READ_TEXTS));
    const rows = await db
      .select({ digest: contractTexts.digest, text: contractTexts.text })
      .from(contractTexts)
      .where(
        and(
          eq(contractTexts.workspaceId, workspaceId),
          sql`${contractTexts.digest} IN (SELECT value FROM json_each(${wanted}))`,
        ),
      )
      .orderBy(asc(contractTexts.digest), asc(contractTexts.part));
    for (const { digest, text } of rows) texts.set(digest, (texts.get(digest) ?? "") + text);
  }
  return texts;
}

/** Rows in groups that fit into one parameter. */
function groupRows(rows: [string, number, string][]): [string, number, string][][] {
  const groups: [string, number, string][][] = [];
  let length = Infinity;
  for (const row of rows) {
    length += row[2].length;
    if (length > STATEMENT_LENGTH) {
      groups.push([]);
      length = row[2].length;
    }
    groups.at(-1)?.push(row);
  }
  return groups;
}

function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
