import { z } from "zod";

/** What a rule of a person, an agent or a team says of a tool or a server. Instants in epoch ms. */
export const RuleOfHolder = z
  .strictObject({
    /** Names the server by its slug: `github:*[read-only]`, `!github:delete_repo`. */
    rule: z.string(),
    effect: z.enum(["allows", "denies"]),
    /** False: it has ended, and neither allows nor denies anything. */
    isInForce: z.boolean(),
    /** Whose rule it is: the member's own, or that of a team that the member is in. */
    holder: z.strictObject({ kind: z.enum(["member", "team"]), id: z.string(), name: z.string() }),
    endsAt: z.int().nullable(),
    since: z.int().nullable(),
    /** Who added or last changed it: a user's id, the id of an API key, `operator` or `system`. Null: not known. */
    by: z.string().nullable(),
    /** The name of that person, if it is a member now. */
    byName: z.string().nullable(),
  })
  .meta({ id: "RuleOfHolder" });
export type RuleOfHolder = z.infer<typeof RuleOfHolder>;

/**
 * What decides by the rules. `rule`: one that allows. `denied`: one that denies. `ended`: none allows, and one did until it ended.
 * `none`: none allows. `auditor`: an auditor calls nothing. The others allow without a rule.
 */
export const AccessDecision = z.enum([
  "rule",
  "denied",
  "ended",
  "none",
  "auditor",
  "default_access",
  "enforcement_off",
]);
export type AccessDecision = z.infer<typeof AccessDecision>;

/** What refuses a call, whatever the rules say. `unknown_server`: for a member, also one that it may use nothing of. */
export const AccessObstacle = z.enum([
  "workspace_stopped",
  "member_suspended",
  "agent_ended",
  "agent_owner_removed",
  "unknown_server",
  "server_disabled",
  "unknown_tool",
  "definition_held",
]);
export type AccessObstacle = z.infer<typeof AccessObstacle>;

/** Whether a member may call a tool, or use a whole server, and why. */
export const AccessExplanation = z
  .strictObject({
    memberId: z.string(),
    /** Slug. */
    server: z.string(),
    /** The server's own name of the tool; null: the whole server, with its prompts and resources. */
    tool: z.string().nullable(),
    /** Whether a call is sent: the rules allow it, and there is no obstacle. */
    isAllowed: z.boolean(),
    isAllowedByRules: z.boolean(),
    decision: AccessDecision,
    /** The rule that decides; of several that say the same, the one that ends last. Null: none does. */
    decidedBy: RuleOfHolder.nullable(),
    /** All other rules about it, also those that have ended. */
    others: z.array(RuleOfHolder),
    obstacles: z.array(AccessObstacle),
    /** Valid tokens of the member that are refused although the member may call. */
    refusedTokens: z.array(
      z.strictObject({
        id: z.string(),
        label: z.string(),
        /** `token_tools`: it is narrowed to other tools. */
        cause: z.enum(["token_tools", "token_suspended"]),
      }),
    ),
  })
  .meta({ id: "AccessExplanation" });
export type AccessExplanation = z.infer<typeof AccessExplanation>;

/** `server`: its slug. `isOwn`: the asker is the member, and learns nothing of servers that it may not know. */
export interface AccessQuestion {
  memberId: string;
  server: string;
  tool: string | null;
  isOwn: boolean;
}

/** What the error of a refused call tells the person about it. */
export type RefusedAccess = Pick<AccessExplanation, "server" | "tool" | "decision"> & {
  /** The rule that denies, or that allowed until it ended; null: there is none. */
  rule: Pick<RuleOfHolder, "rule" | "holder" | "since" | "endsAt"> | null;
  /** The caller's own id, if it is an agent: its owner asks for it. Null: a person calls. */
  agentId: string | null;
};
