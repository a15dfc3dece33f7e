import { z } from "zod";
import { MAX_RULES_PER_MEMBER } from "../limits.ts";
import { Rule } from "../records/workspace.ts";

/**
 * The version of a member's rules that a change was made against. The change is refused (409) if they have changed since.
 * Absent: it applies to whatever the rules are.
 */
const RulesVersion = z.int().min(0);

/** Replaces all rules of one member. */
export const RulesInput = z.strictObject({
  rules: z.array(Rule).max(MAX_RULES_PER_MEMBER),
  /** False, without rules: the member has the workspace's default access again. Absent: a restricted member stays so. */
  isRestricted: z.boolean().optional(),
  rulesVersion: RulesVersion.optional(),
});
export type RulesInput = z.infer<typeof RulesInput>;

/** Most members that one change of rules can name. */
export const MAX_EDITED_MEMBERS = 200;

/** Adds rules to and removes rules from many members at once, all or nothing. Other rules of the members stay. */
export const RulesEdit = z.strictObject({
  memberIds: z.array(z.string()).min(1).max(MAX_EDITED_MEMBERS),
  add: z.array(Rule).max(500).default([]),
  remove: z.array(Rule).max(500).default([]),
  /**
   * True: only rules decide, even without any. False, of members that have no rules then: the workspace's default access
   * decides. Absent: a member who had or gets rules is restricted to them.
   */
  isRestricted: z.boolean().optional(),
  /** By member id. The edit is refused (409) as a whole if the rules of one of these members have changed since. */
  rulesVersions: z.record(z.string(), RulesVersion).optional(),
});
export type RulesEdit = z.infer<typeof RulesEdit>;

/** Copies the rules of the member `from`. The versions are those of the receiving member's rules and of the copied ones. */
export const RulesCopy = z.strictObject({
  from: z.string(),
  rulesVersion: RulesVersion.optional(),
  fromRulesVersion: RulesVersion.optional(),
});
export type RulesCopy = z.infer<typeof RulesCopy>;
