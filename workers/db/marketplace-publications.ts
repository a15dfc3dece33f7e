import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { Publication } from "../contract/api/marketplace-publishing.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent, insertEventIf } from "./events.ts";
import {
  marketplaceNamespaceProofs,
  marketplacePublications,
} from "./marketplace-publications-schema.ts";

/** A published version as it is stored. */
export type PublicationRow = typeof marketplacePublications.$inferSelect;
/** What a person has proven of a namespace. */
export type NamespaceProofRow = typeof marketplaceNamespaceProofs.$inferSelect;

/** Versions of one person that are listed. */
const MAX_LISTED = 200;
/** Namespaces of one person. */
const MAX_NAMESPACES = 100;

const publications = marketplacePublications;
const proofs = marketplaceNamespaceProofs;

/** Returns the versions that a person has published, the newest first. */
export async function listPublications(db: Db, userId: string): Promise<PublicationRow[]> {
  return db
    .select()
    .from(publications)
    .where(eq(publications.publishedBy, userId))
    .orderBy(desc(publications.publishedAt))
    .limit(MAX_LISTED);
}

/** Returns the versions of a server, the newest first. `key`: its name in lower case. */
export async function listVersionsOfKey(db: Db, key: string): Promise<PublicationRow[]> {
  return db
    .select()
    .from(publications)
    .where(eq(publications.key, key))
    .orderBy(desc(publications.publishedAt));
}

/** Stores a new version with its audit event. `since` (epoch ms): its person has published fewer than `max` after it. */
export async function insertPublication(
  db: Db,
  row: PublicationRow,
  event: AuditEvent,
  { since, max }: { since: number; max: number },
): Promise<boolean> {
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM marketplace_publications
      WHERE key = ${row.key} AND version = ${row.version})
    AND (SELECT count(*) FROM marketplace_publications
      WHERE published_by = ${row.publishedBy} AND published_at > ${since}) < ${max}`;
  const [, stored] = await db.batch([
    insertEventIf(db, event, isFirst),
    db
      .insert(publications)
      .select(
        sql`SELECT ${row.key}, ${row.version}, ${row.name}, ${row.document}, ${row.digest}, ${row.publishedBy},
          ${row.publishedAt}, ${row.proofKind}, ${row.proofSubject}, ${row.status}, NULL, NULL, NULL, NULL WHERE ${isFirst}`,
      )
      .returning({ key: publications.key }),
  ]);
  return stored.length === 1;
}

/** Changes the status of all versions of a server, with its audit event. */
export async function updatePublicationStatus(
  db: Db,
  key: string,
  set: Pick<PublicationRow, "status" | "statusMessage">,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.update(publications).set(set).where(eq(publications.key, key)),
    insertEvent(db, event),
  ]);
}

/** Stores what the official registry made of a version, with its audit event. */
export async function updateHandOn(
  db: Db,
  { key, version }: PublicationRow,
  handedOn: NonNullable<Publication["handedOn"]>,
  event: AuditEvent,
): Promise<void> {
  const { state, message, at } = handedOn;
  await db.batch([
    db
      .update(publications)
      .set({ handedOn: state, handedOnMessage: message, handedOnAt: at })
      .where(and(eq(publications.key, key), eq(publications.version, version))),
    insertEvent(db, event),
  ]);
}

/** Returns what a person has proven of a namespace, in lower case. */
export async function findNamespaceProof(
  db: Db,
  namespace: string,
  userId: string,
): Promise<NamespaceProofRow | undefined> {
  const rows = await db.select().from(proofs).where(isOf(namespace, userId));
  return rows[0];
}

/** Opens a challenge in the place of an earlier one of this person. False: the person has too many namespaces. */
export async function insertChallenge(
  db: Db,
  { namespace, userId, challenge, challengedAt }: NamespaceProofRow,
): Promise<boolean> {
  const stored = await db
    .insert(proofs)
    .select(
      sql`SELECT ${namespace}, ${userId}, ${challenge}, ${challengedAt}, NULL, NULL, NULL
        WHERE (SELECT count(*) FROM marketplace_namespace_proofs
          WHERE user_id = ${userId} AND namespace <> ${namespace}) < ${MAX_NAMESPACES}`,
    )
    .onConflictDoUpdate({
      target: [proofs.namespace, proofs.userId],
      set: { challenge, challengedAt },
    })
    .returning({ namespace: proofs.namespace });
  return stored.length === 1;
}

/** Stores a proof, and ends the challenge for it. False: the challenge was used, or another one was opened since. */
export async function proveNamespace(
  db: Db,
  { namespace, userId }: NamespaceProofRow,
  challenge: string,
  proof: Pick<NamespaceProofRow, "kind" | "subject" | "provenAt">,
  event: AuditEvent,
): Promise<boolean> {
  const isOpen = and(isOf(namespace, userId), eq(proofs.challenge, challenge));
  const [, proven] = await db.batch([
    insertEventIf(
      db,
      event,
      sql`EXISTS (SELECT 1 FROM marketplace_namespace_proofs WHERE ${isOpen})`,
    ),
    db
      .update(proofs)
      .set({ ...proof, challenge: null, challengedAt: null })
      .where(isOpen)
      .returning({ namespace: proofs.namespace }),
  ]);
  return proven.length === 1;
}

/** Stores proofs of namespaces by a sign-in, with their audit events. */
export async function storeSignInProofs(
  db: Db,
  rows: { proof: NamespaceProofRow; event: AuditEvent }[],
): Promise<void> {
  const [first, ...others] = rows.flatMap(({ proof, event }) => {
    const { kind, subject, provenAt } = proof;
    const target = [proofs.namespace, proofs.userId];
    return [
      db
        .insert(proofs)
        .values(proof)
        .onConflictDoUpdate({ target, set: { kind, subject, provenAt } }),
      insertEvent(db, event),
    ];
  });
  if (first) await db.batch([first, ...others]);
}

/** Uses up the state of a person's sign-in. False: it is another one, or began before `since` (epoch ms). */
export async function takeSignInState(
  db: Db,
  namespace: string,
  userId: string,
  state: string,
  since: number,
): Promise<boolean> {
  const taken = await db
    .delete(proofs)
    .where(
      and(isOf(namespace, userId), eq(proofs.challenge, state), gt(proofs.challengedAt, since)),
    )
    .returning({ namespace: proofs.namespace });
  return taken.length === 1;
}

/** Deletes proofs and challenges from before an instant (epoch ms). */
export async function deleteExpiredProofs(db: Db, before: number): Promise<void> {
  await db
    .delete(proofs)
    .where(
      sql`coalesce(${proofs.provenAt}, 0) < ${before} AND coalesce(${proofs.challengedAt}, 0) < ${before}`,
    );
}

function isOf(namespace: string, userId: string) {
  return and(eq(proofs.namespace, namespace), eq(proofs.userId, userId));
}
