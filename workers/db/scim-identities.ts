import { and, eq } from "drizzle-orm";
import type { IssuerSettings } from "../contract/records/identity-issuer.ts";
import { toUserNameKey, type ScimPerson, type ScimUserRecord } from "../contract/records/scim.ts";
import type { Db } from "./database.ts";
import { listIdentityIssuers } from "./identity-issuers.ts";
import { memberIdentities } from "./identity-schema.ts";
import { listScimUsers } from "./scim.ts";

/**
 * Returns the member that has signed in as this person before: its subject at the company's sign-in is the value of the attribute that
 * the owner has chosen. Null: none has, or another claim than the subject is compared.
 */
export async function findAdoptable(
  db: Db,
  workspaceId: string,
  person: ScimPerson,
): Promise<string | null> {
  const issuers = await listIdentityIssuers(db, workspaceId);
  const openid = issuers.find(({ kind }) => kind === "openid");
  if (openid?.settings.scimClaim !== "sub") return null;
  const subject = person[openid.settings.scimAttribute];
  if (subject === null) return null;
  const rows = await db
    .select({ memberId: memberIdentities.memberId })
    .from(memberIdentities)
    .where(
      and(
        eq(memberIdentities.workspaceId, workspaceId),
        eq(memberIdentities.issuer, openid.issuer),
        eq(memberIdentities.subject, subject),
        eq(memberIdentities.byAddress, false),
      ),
    );
  return rows[0]?.memberId ?? null;
}

/** Returns the person of the directory that an identity of the company's sign-in is; undefined: none. */
export async function findScimPerson(
  db: Db,
  workspaceId: string,
  { scimAttribute, scimClaim }: Pick<IssuerSettings, "scimAttribute" | "scimClaim">,
  claims: Record<string, unknown>,
): Promise<ScimUserRecord | undefined> {
  const value = claims[scimClaim];
  if (typeof value !== "string" || value === "") return undefined;
  const selection =
    scimAttribute === "externalId" ? { externalId: value } : { nameKey: toUserNameKey(value) };
  return (await listScimUsers(db, workspaceId, selection))[0];
}

/** Whether the member has a subject of this issuer already. */
export async function hasIdentityOf(
  db: Db,
  workspaceId: string,
  issuer: string,
  memberId: string,
): Promise<boolean> {
  const rows = await db
    .select({ subject: memberIdentities.subject })
    .from(memberIdentities)
    .where(
      and(
        eq(memberIdentities.workspaceId, workspaceId),
        eq(memberIdentities.issuer, issuer),
        eq(memberIdentities.memberId, memberId),
      ),
    )
    .limit(1);
  return rows.length > 0;
}
