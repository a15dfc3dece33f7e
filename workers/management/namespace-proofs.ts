import type { Context } from "hono";
import type { NamespaceState, ProofKind } from "../contract/api/marketplace-publishing.ts";
import { toClaimPlace } from "../contract/marketplace/claim-place.ts";
import { DAY_MS, MINUTE_MS } from "../contract/units.ts";
import { findStandingClaim } from "../db/marketplace-claims.ts";
import { findNamespaceProof, type NamespaceProofRow } from "../db/marketplace-publications.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";

/** How long a proof lets its person publish, and how long a challenge can be signed. */
const PROOF_MS = DAY_MS;
/** As long as a person needs to sign a text. */
export const CHALLENGE_MS = 15 * MINUTE_MS;

/** A proof that is valid now. `expiresAt`: epoch ms; null: a claim, whose proof is looked for every week. */
export type ValidProof = NonNullable<NamespaceState["proof"]>;

/** Returns the proof with which the person can publish in a namespace; null: there is none. */
export async function findValidProof(
  c: Context<ManagementEnv>,
  namespace: string,
): Promise<ValidProof | null> {
  const { db, actor } = c.var;
  const key = namespace.toLowerCase();
  const claim = await findStandingClaim(db, key);
  const place = toClaimPlace(namespace);
  if (claim?.userId === actor && place)
    return { kind: "claim", subject: place.subject, expiresAt: null };
  return toValidProof(await findNamespaceProof(db, key, actor), Date.now());
}

function toValidProof(row: NamespaceProofRow | undefined, now: number): ValidProof | null {
  if (!row || row.kind === null || row.subject === null || row.provenAt === null) return null;
  const expiresAt = row.provenAt + PROOF_MS;
  return expiresAt > now ? { kind: row.kind, subject: row.subject, expiresAt } : null;
}

/** Returns what the person has proven of a namespace, and can. */
export async function readNamespaceState(
  c: Context<ManagementEnv>,
  namespace: string,
): Promise<NamespaceState> {
  const place = toClaimPlace(namespace);
  const row = await findNamespaceProof(c.var.db, namespace.toLowerCase(), c.var.actor);
  const expiresAt = (row?.challengedAt ?? 0) + CHALLENGE_MS;
  const isOpen = row !== undefined && row.challenge !== null && expiresAt > Date.now();
  return {
    proof: await findValidProof(c, namespace),
    ways: listWays(c, place?.kind),
    subject: place?.subject ?? null,
    challenge: isOpen ? row.challenge : null,
    challengeExpiresAt: isOpen ? expiresAt : null,
  };
}

function listWays(c: Context<ManagementEnv>, kind: "domain" | "github" | undefined): ProofKind[] {
  if (kind === undefined) return [];
  if (kind === "domain") return ["dns", "http", "claim"];
  return settingsOf(c.env).githubOauthClient === null ? ["claim"] : ["github", "claim"];
}
