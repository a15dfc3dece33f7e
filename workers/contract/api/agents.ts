import { z } from "zod";
import { AgentState, AgentTerms, TrustRule } from "../records/agents.ts";
import { DisplayName } from "../records/display-name.ts";
import { TrustRuleClaims } from "../records/trust-rule-claims.ts";
import { NamedMember } from "../records/workspace.ts";

/** A new agent. `ownerId`: the member who answers for it; `endsAt`: epoch ms, null or absent: it does not end by itself. */
export const AgentInput = z.strictObject({
  name: DisplayName,
  ownerId: z.string(),
  endsAt: z.int().min(0).nullable().optional(),
});
export type AgentInput = z.infer<typeof AgentInput>;

/** Changes to an agent. */
export const AgentPatch = AgentInput.partial();
export type AgentPatch = z.infer<typeof AgentPatch>;

/** An issuer is compared as it is written, so that it is not normalized. */
const Issuer = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[^?#]+$/, "an issuer has no query and no fragment (RFC 8414, section 2)");

/** A new trust rule. `audience`: absent: the address of the workspace, `https://HOST/mcp/{slug}`. */
export const TrustRuleInput = z.strictObject({
  name: DisplayName,
  issuer: Issuer,
  audience: z.string().min(1).max(500).optional(),
  claims: TrustRuleClaims,
});
export type TrustRuleInput = z.infer<typeof TrustRuleInput>;

/** Changes to a trust rule. All but a change of the name end the access tokens that were issued by it. */
export const TrustRulePatch = TrustRuleInput.partial();
export type TrustRulePatch = z.infer<typeof TrustRulePatch>;

/** API view of an agent, with its rules as a member. */
export const Agent = NamedMember.omit({ agent: true, email: true, role: true, userId: true })
  .extend(AgentTerms.shape)
  .extend({
    /** Null: the owner is not a member any more. */
    ownerName: z.string().nullable(),
    state: AgentState,
    trustRules: z.array(
      TrustRule.extend({
        /** The last call with an access token of this rule, epoch ms; null: none. */
        lastUsedAt: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: "Agent" });
export type Agent = z.infer<typeof Agent>;
