import { z } from "zod";

/**
 * A trust rule of an agent: tokens of this issuer, for this audience and with these claims, are exchanged for access tokens
 * of the agent.
 */
export const TrustRule = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** The `iss` of the tokens, compared exactly. The keys are read from its metadata. */
  issuer: z.string(),
  /** What the tokens' `aud` must contain. */
  audience: z.string(),
  /** What each claim must be: exactly this text, or one that begins with the text before a `*` at the end. */
  claims: z.record(z.string(), z.string()),
  /** The number of changes of what the rule trusts. A token is issued for one version only. */
  version: z.int(),
  createdAt: z.int(),
});
export type TrustRule = z.infer<typeof TrustRule>;

/** What makes a member an agent: who answers for it, until when it may act, and which workloads act as it. */
export const AgentTerms = z.strictObject({
  /** The member who answers for it, a person. The agent ends when this member is removed. */
  ownerId: z.string(),
  /** Epoch ms; null: it does not end by itself. */
  endsAt: z.int().nullable(),
  trustRules: z.array(TrustRule),
});
export type AgentTerms = z.infer<typeof AgentTerms>;

/** Whether an agent may act now, or why not. */
export const AgentState = z.enum([
  "active",
  "ended",
  "suspended",
  "owner_removed",
  "owner_suspended",
]);
export type AgentState = z.infer<typeof AgentState>;

/** Whether an agent may act. `owner`: the member who answers for it; undefined: there is none any more. */
export function toAgentState(
  { endsAt }: AgentTerms,
  suspendedAt: number | null,
  owner: { suspendedAt: number | null } | undefined,
  now: number,
): AgentState {
  if (endsAt !== null && endsAt <= now) return "ended";
  if (!owner) return "owner_removed";
  if (suspendedAt !== null) return "suspended";
  return owner.suspendedAt === null ? "active" : "owner_suspended";
}
