import { and, asc, eq, isNull } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { AuditEvent } from "../contract/records/audit.ts";
import { IssuerSettings } from "../contract/records/identity-issuer.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { formerIdentities, identityIssuers, memberIdentities } from "./identity-schema.ts";
import { sessions } from "./people-schema.ts";
import { workspaces } from "./schema.ts";

/** A row of `identity_issuers`: an issuer whose identities a workspace accepts. */
export type IdentityIssuerRecord = typeof identityIssuers.$inferSelect;

/** Returns a workspace's issuers, oldest first. */
export async function listIdentityIssuers(
  db: Db,
  workspaceId: string,
): Promise<IdentityIssuerRecord[]> {
  const rows = await db
    .select()
    .from(identityIssuers)
    .where(eq(identityIssuers.workspaceId, workspaceId))
    .orderBy(asc(identityIssuers.createdAt), asc(identityIssuers.id));
  return rows.map(withDefaults);
}

/** Whether assertions of an issuer give clients access now. Those of the company's provider do when an owner has switched it on. */
export function takesAssertions({ kind, isEnabled, acceptsAssertions }: IdentityIssuerRecord) {
  return isEnabled && (acceptsAssertions ?? kind === "assertions");
}

/** Returns an issuer of a workspace by its id. */
export async function findIdentityIssuer(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<IdentityIssuerRecord | undefined> {
  const rows = await db
    .select()
    .from(identityIssuers)
    .where(and(eq(identityIssuers.workspaceId, workspaceId), eq(identityIssuers.id, id)));
  return rows.map(withDefaults)[0];
}

/** Returns the issuer of a workspace whose address is exactly this `iss`. */
async function findIssuerByAddress(
  db: Db,
  workspaceId: string,
  issuer: string,
): Promise<IdentityIssuerRecord | undefined> {
  const rows = await db
    .select()
    .from(identityIssuers)
    .where(and(eq(identityIssuers.workspaceId, workspaceId), eq(identityIssuers.issuer, issuer)));
  return rows.map(withDefaults)[0];
}

/** Returns the company sign-in of the workspace with this slug; undefined: it has none that is switched on, or there is no workspace. */
export async function findCompanySignIn(
  db: Db,
  slug: string,
): Promise<IdentityIssuerRecord | undefined> {
  const rows = await db
    .select({ issuer: identityIssuers })
    .from(identityIssuers)
    .innerJoin(workspaces, eq(workspaces.id, identityIssuers.workspaceId))
    .where(
      and(
        eq(workspaces.slug, slug),
        isNull(workspaces.deletedAt),
        eq(identityIssuers.kind, "openid"),
        eq(identityIssuers.isEnabled, true),
      ),
    );
  return rows.map(({ issuer }) => withDefaults(issuer))[0];
}

/**
 * Stores a new issuer with its audit event. False: the workspace has this issuer already. Members that assertions of the same
 * issuer were pinned to by an address are forgotten when it becomes the company's sign-in, in which an address proves nothing.
 */
export async function insertIdentityIssuer(
  db: Db,
  record: IdentityIssuerRecord,
  event: AuditEvent,
): Promise<boolean> {
  try {
    const store = [db.insert(identityIssuers).values(record), insertEvent(db, event)] as const;
    if (record.kind === "openid") await db.batch([...store, forgetPins(db, record)]);
    else await db.batch(store);
    return true;
  } catch (error) {
    if (await findIssuerByAddress(db, record.workspaceId, record.issuer)) return false;
    throw error;
  }
}

function forgetPins(db: Db, { workspaceId, issuer }: IdentityIssuerRecord) {
  const { byAddress, ...identity } = memberIdentities;
  return db
    .delete(memberIdentities)
    .where(
      and(eq(identity.workspaceId, workspaceId), eq(identity.issuer, issuer), eq(byAddress, true)),
    );
}

/** Changed fields of an issuer; those that are absent or undefined stay. */
type IssuerChanges = {
  [K in Exclude<keyof IdentityIssuerRecord, "id">]?: IdentityIssuerRecord[K] | undefined;
};

/**
 * Stores changed fields of an issuer with the audit event. The others stay as another request may have set them
 * meanwhile. The sessions that it began end.
 */
export async function updateIdentityIssuer(
  db: Db,
  id: string,
  changed: IssuerChanges,
  event: AuditEvent,
): Promise<void> {
  const fields = Object.entries(changed).filter(([, value]) => value !== undefined);
  const end = db.delete(sessions).where(eq(sessions.issuerId, id));
  if (fields.length === 0) await db.batch([end, insertEvent(db, event)]);
  else
    await db.batch([
      db.update(identityIssuers).set(Object.fromEntries(fields)).where(eq(identityIssuers.id, id)),
      end,
      insertEvent(db, event),
    ]);
}

/** Returns the users who have sessions that an issuer began. */
export async function listUsersOfIssuer(db: Db, issuerId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ userId: sessions.userId })
    .from(sessions)
    .where(eq(sessions.issuerId, issuerId));
  return rows.map(({ userId }) => userId);
}

/** Removes an issuer with its audit event. The sessions that it began end; its subjects stay bound to their members. */
export async function deleteIdentityIssuer(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([
    db.delete(identityIssuers).where(eq(identityIssuers.id, id)),
    db.delete(sessions).where(eq(sessions.issuerId, id)),
    insertEvent(db, event),
  ]);
}

/** Returns the statements that delete a workspace's issuers. Foreign keys delete the identities with their members. */
export function toIssuerDeletion(db: Db, workspaceId: string): BatchItem<"sqlite">[] {
  return [
    db.delete(sessions).where(eq(sessions.workspaceId, workspaceId)),
    db.delete(memberIdentities).where(eq(memberIdentities.workspaceId, workspaceId)),
    db.delete(formerIdentities).where(eq(formerIdentities.workspaceId, workspaceId)),
    db.delete(identityIssuers).where(eq(identityIssuers.workspaceId, workspaceId)),
  ];
}

/** A release before can have stored settings without the newest ones. */
function withDefaults(record: IdentityIssuerRecord): IdentityIssuerRecord {
  return { ...record, settings: IssuerSettings.parse(record.settings) };
}
