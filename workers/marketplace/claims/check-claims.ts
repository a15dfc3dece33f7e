import { toClaimPlace } from "../../contract/marketplace/claim-place.ts";
import type { AuditEvent } from "../../contract/records/audit.ts";
import { DEPLOYMENT } from "../../contract/records/audit.ts";
import { DAY_MS } from "../../contract/units.ts";
import { newId } from "../../crypto/ids.ts";
import { openDb, type Db } from "../../db/database.ts";
import {
  deleteStandingClaim,
  takeDueClaims,
  updateClaim,
  type ClaimRow,
} from "../../db/marketplace-claims.ts";
import type { Env } from "../../runtime/env.ts";
import { fetchProof, findProof, type ProofFound } from "./fetch-proof.ts";

/** How often the proof of a claim that stands is looked for, and after a check that reached no host. */
export const CHECK_EVERY_MS = 7 * DAY_MS;
const RETRY_MS = DAY_MS;
/** The proof can be away for one check, and the host for some days. */
const MAX_MISSING = 2;
const MAX_UNREACHABLE_MS = 14 * DAY_MS;
/** Each is a request of at most 5 s. A run comes every two minutes. */
const CLAIMS_OF_A_RUN = 10;

/** Why a claim has ended. */
export type ClaimEnd = "proof_gone" | "unreachable" | "replaced" | "given_up" | "operator";

/** The audit event of a claim that has ended. */
export function makeEndEvent(actor: string, { namespace }: ClaimRow, cause: ClaimEnd): AuditEvent {
  return {
    id: newId("evt"),
    workspaceId: DEPLOYMENT,
    actor,
    action: "marketplace_claim.ended",
    object: `marketplace-claim:${namespace}`,
    detail: { cause },
    occurredAt: Date.now(),
  };
}

/** The state of a claim that stands after a check, or why it ends. Pure. `now`: epoch ms. */
function decideAfterCheck(
  claim: Pick<ClaimRow, "missing" | "unreachableSince">,
  { found }: ProofFound,
  now: number,
): { ends: ClaimEnd } | Pick<ClaimRow, "missing" | "unreachableSince" | "nextCheckAt"> {
  switch (found) {
    case "present":
      return { missing: 0, unreachableSince: null, nextCheckAt: now + CHECK_EVERY_MS };
    case "gone": {
      const missing = claim.missing + 1;
      if (missing >= MAX_MISSING) return { ends: "proof_gone" };
      return { missing, unreachableSince: null, nextCheckAt: now + CHECK_EVERY_MS };
    }
    case "unreachable": {
      const unreachableSince = claim.unreachableSince ?? now;
      if (now - unreachableSince >= MAX_UNREACHABLE_MS) return { ends: "unreachable" };
      return { missing: claim.missing, unreachableSince, nextCheckAt: now + RETRY_MS };
    }
  }
}

/** Checks the claims that are due. `now`: epoch ms. */
export async function checkDueClaims(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  const due = await takeDueClaims(db, now, now + RETRY_MS, CLAIMS_OF_A_RUN);
  await Promise.all(due.map((claim) => checkClaim(env, db, claim, now)));
}

async function checkClaim(env: Env, db: Db, claim: ClaimRow, now: number): Promise<void> {
  const place = toClaimPlace(claim.namespace);
  const found: ProofFound = place
    ? findProof(await fetchProof(env, place), claim.proof)
    : { found: "gone", problem: "" };
  const next = decideAfterCheck(claim, found, now);
  if ("ends" in next)
    await deleteStandingClaim(db, claim, makeEndEvent("system", claim, next.ends));
  else await updateClaim(db, claim, next);
}
