import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { IdentityIssuerRecord } from "./identity-issuers.ts";
import { companyTokens, identityIssuers } from "./identity-schema.ts";
import { members, servers } from "./schema.ts";

/** A row of `company_tokens`. */
export type CompanyTokensRecord = typeof companyTokens.$inferSelect;

/** Whether a server of the workspace uses the company's sign-in. */
export async function usesCompanySignIn(db: Db, workspaceId: string): Promise<boolean> {
  const rows = await db
    .select({ id: servers.id })
    .from(servers)
    .where(
      and(
        eq(servers.workspaceId, workspaceId),
        sql`json_extract(${servers.perPerson}, '$.byCompany') = 1`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}

/** Stores what the provider gave, in place of the one before. */
export async function saveCompanyTokens(db: Db, record: CompanyTokensRecord): Promise<void> {
  const { issuerId, memberId, sealed, storedAt } = record;
  const { workspaceId, issuer, subject } = companyTokens;
  await db
    .insert(companyTokens)
    .values(record)
    .onConflictDoUpdate({
      target: [workspaceId, issuer, subject],
      set: { issuerId, memberId, sealed, storedAt },
    });
}

/** The tokens of a member's last sign-in by the company, with the provider and the member's user; undefined: there are none. */
export async function findCompanyTokens(
  db: Db,
  workspaceId: string,
  memberId: string,
): Promise<
  { tokens: CompanyTokensRecord; issuer: IdentityIssuerRecord; userId: string | null } | undefined
> {
  const rows = await db
    .select({ tokens: companyTokens, issuer: identityIssuers, userId: members.userId })
    .from(companyTokens)
    .innerJoin(identityIssuers, eq(identityIssuers.id, companyTokens.issuerId))
    .innerJoin(members, eq(members.id, companyTokens.memberId))
    .where(and(eq(companyTokens.workspaceId, workspaceId), eq(companyTokens.memberId, memberId)))
    .orderBy(desc(companyTokens.storedAt))
    .limit(1);
  return rows[0];
}
