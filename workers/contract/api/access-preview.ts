import { z } from "zod";
import { MAX_RULES_PER_MEMBER } from "../limits.ts";
import { Rule } from "../records/rule.ts";

/** A proposed change of access. Absent fields do not change. */
export const AccessProposal = z.strictObject({
  enforcement: z.boolean().optional(),
  defaultAccess: z.enum(["open", "closed"]).optional(),
  /** Rules after the change, by member id. */
  rules: z.record(z.string(), z.array(Rule).max(MAX_RULES_PER_MEMBER)).optional(),
});
export type AccessProposal = z.infer<typeof AccessProposal>;

/** Calls in the last 30 days, without those that a rule or a limit refused, and the number of those. */
const RecentUse = { calls: z.int(), refused: z.int() };

const AffectedTool = z.object({
  serverSlug: z.string(),
  toolName: z.string(),
  ...RecentUse,
  lastCalledAt: z.int().nullable(),
});

/** The effect of a proposed change, by member. Members without a change are left out. */
export const AccessPreview = z
  .object({
    /** The members with the most calls of tools that they lose first. */
    members: z.array(
      z.object({
        memberId: z.string(),
        name: z.string(),
        toolsBefore: z.int(),
        toolsAfter: z.int(),
        lostCount: z.int(),
        gainedCount: z.int(),
        /** Of all tools that the member loses. */
        ...RecentUse,
        /** The most used tools first, at most 100. */
        lost: z.array(AffectedTool),
        /** Slugs of servers whose prompts and resources the member loses. */
        lostServers: z.array(z.string()),
      }),
    ),
    /** Valid tokens of the workspace that can call every tool before and after the change: not suspended, not narrowed. */
    workspaceTokens: z.array(z.object({ id: z.string(), label: z.string() })),
  })
  .meta({ id: "AccessPreview" });
export type AccessPreview = z.infer<typeof AccessPreview>;
