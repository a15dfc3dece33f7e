import { z } from "zod";

/** A person's claim of a namespace, as this person sees it. Times in epoch ms. */
export const OwnClaim = z
  .object({
    /**
     * `none`: not begun. `pending`: the proof is not found yet. `standing`: proven. `withdrawn`: the operator has withdrawn
     * it. `impossible`: the namespace names neither a domain nor a GitHub account.
     */
    state: z.enum(["none", "pending", "standing", "withdrawn", "impossible"]),
    /** What is proven: a host name or a GitHub account. */
    subject: z.string().nullable(),
    /** URL at which the proof is published. */
    evidence: z.string().nullable(),
    /** The line to publish; null: the claim is not begun. */
    proof: z.string().nullable(),
    checkedAt: z.int().nullable(),
    /** When a pending claim ends. */
    expiresAt: z.int().nullable(),
    /** Whether the claim of another person stands. */
    isClaimedByOther: z.boolean(),
  })
  .meta({ id: "OwnMarketplaceClaim" });
export type OwnClaim = z.infer<typeof OwnClaim>;

/** What a check of the proof has found, in words. */
export const ClaimCheck = z
  .object({ claim: OwnClaim, isProven: z.boolean(), message: z.string() })
  .meta({ id: "MarketplaceClaimCheck" });

/** A claim that stands, for who curates the marketplace. Times in epoch ms. */
export const StandingClaim = z
  .object({
    namespace: z.string(),
    evidence: z.string(),
    userId: z.string(),
    userName: z.string().nullable(),
    claimedAt: z.int(),
    checkedAt: z.int(),
    /** How many checks in a row have not found the proof. */
    missing: z.int(),
    /** Since when the host has not responded; null: it has. */
    unreachableSince: z.int().nullable(),
  })
  .meta({ id: "StandingMarketplaceClaim" });
