import { z } from "zod";
import { MAX_RULES_PER_MEMBER } from "../limits.ts";
import { Rule } from "../records/rule.ts";

/**
 * The version of the rules of a member or team that a change was made against. The change is refused (409) if they have changed
 * since. Absent: it applies to whatever the rules are.
 */
const RulesVersion = z.int().min(0);

/** Epoch ms; null: it does not end. Not beyond the last time that a date can have (ECMA-262, section 21.4.1.1). */
const End = z.int().max(8_640_000_000_000_000).nullable();

/** Replaces all rules of one member or team. */
export const RulesInput = z.strictObject({
  rules: z.array(Rule).max(MAX_RULES_PER_MEMBER),
  /**
   * When rules end, epoch ms, by rule; null: not. A rule that it does not name keeps its end, and a new one does not end.
   */
  ends: z.record(Rule, End).optional(),
  /** False, without rules: the workspace's default access decides again. Absent: who is restricted stays so. */
  isRestricted: z.boolean().optional(),
  rulesVersion: RulesVersion.optional(),
});
export type RulesInput = z.infer<typeof RulesInput>;

/** Most members that one change of rules can name. */
export const MAX_EDITED_MEMBERS = 200;
/** Fewer teams: each takes more statements, and one change is one batch. */
const MAX_EDITED_TEAMS = 50;

/** Adds rules to and removes rules from many members and teams at once, all or nothing. Other rules of them stay. */
export const RulesEdit = z
  .strictObject({
    memberIds: z.array(z.string()).max(MAX_EDITED_MEMBERS).default([]),
    teamIds: z.array(z.string()).max(MAX_EDITED_TEAMS).default([]),
    add: z.array(Rule).max(500).default([]),
    remove: z.array(Rule).max(500).default([]),
    /**
     * When the added rules end, also where they were there before. Absent: one that is there keeps its end, and new ones and
     * those that have ended do not end.
     */
    endsAt: End.optional(),
    /**
     * True: only rules decide, even without any. False, of those that have no allowing rules then: the workspace's default access
     * decides. Absent: who had or gets rules is restricted to them.
     */
    isRestricted: z.boolean().optional(),
    /** By id of the member or team. The edit is refused (409) as a whole if the rules of one of these have changed since. */
    rulesVersions: z.record(z.string(), RulesVersion).optional(),
  })
  .refine(({ memberIds, teamIds }) => memberIds.length + teamIds.length > 0, {
    error: "name at least one member or team",
    path: ["memberIds"],
  });
export type RulesEdit = z.infer<typeof RulesEdit>;

/** Copies the rules of the member or team `from`. The versions are those of the rules that are replaced, and of those that are copied. */
export const RulesCopy = z.strictObject({
  from: z.string(),
  rulesVersion: RulesVersion.optional(),
  fromRulesVersion: RulesVersion.optional(),
});
export type RulesCopy = z.infer<typeof RulesCopy>;
