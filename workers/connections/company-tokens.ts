import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openValue, openWorkspaceKey, sealValue } from "../crypto/workspace-key.ts";
import {
  saveCompanyTokens,
  usesCompanySignIn,
  type CompanyTokensRecord,
} from "../db/company-tokens.ts";
import type { Db } from "../db/database.ts";
import type { IdentityIssuerRecord } from "../db/identity-issuers.ts";
import { findMemberByIdentity } from "../db/member-identities.ts";
import type { Env } from "../runtime/env.ts";
import type { SubjectTokens } from "../upstream/sign-in/id-jag.ts";

/** Where tokens of the company's provider are kept. */
export interface CompanyPlace {
  env: Env;
  db: Db;
  workspace: WorkspaceRecord;
  issuer: IdentityIssuerRecord;
}

/** Keeps what the provider gave with a sign-in, for servers that use it. Without one, nothing is kept. */
export async function keepCompanyTokens(
  { env, db, workspace, issuer }: CompanyPlace,
  { claims, idToken, refreshToken }: SubjectTokens & { claims: Record<string, unknown> },
): Promise<void> {
  if (!(await usesCompanySignIn(db, workspace.id))) return;
  const subject = String(claims["sub"]);
  const member = await findMemberByIdentity(db, workspace.id, issuer.issuer, subject);
  if (!member) return;
  const place = { workspaceId: workspace.id, issuer: issuer.issuer, subject };
  const of = { ...place, issuerId: issuer.id, memberId: member.memberId };
  await storeCompanyTokens({ env, db, workspace }, of, { idToken, refreshToken });
}

/** Seals and stores tokens. */
export async function storeCompanyTokens(
  { env, db, workspace }: Pick<CompanyPlace, "env" | "db" | "workspace">,
  of: Omit<CompanyTokensRecord, "sealed" | "storedAt">,
  { idToken, refreshToken }: SubjectTokens,
): Promise<void> {
  const key = await openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), workspace.wrappedKey);
  const sealed = await sealValue(key, toContext(of), JSON.stringify({ idToken, refreshToken }));
  await saveCompanyTokens(db, { ...of, sealed, storedAt: Date.now() });
}

/** Opens stored tokens; null: the workspace's key does not open them. */
export async function openCompanyTokens(
  { env, workspace }: Pick<CompanyPlace, "env" | "workspace">,
  record: CompanyTokensRecord,
): Promise<SubjectTokens | null> {
  const key = await openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), workspace.wrappedKey);
  const json = await openValue(key, toContext(record), record.sealed);
  // A cast: `storeCompanyTokens` made this JSON, and sealed it for this place.
  return json === null ? null : (JSON.parse(json) as SubjectTokens);
}

function toContext({
  workspaceId,
  issuerId,
  subject,
  memberId,
}: Omit<CompanyTokensRecord, "sealed" | "storedAt">): string[] {
  return ["company_tokens", workspaceId, issuerId, subject, memberId];
}
