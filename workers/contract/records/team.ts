import { z } from "zod";
import { DisplayName } from "./display-name.ts";
import { Rule, RuleHolder } from "./rule.ts";

/** Who decides who is in a team: the workspace's people, or the company's directory (SCIM, or groups of the sign-in). */
export const TeamManager = z.enum(["people", "directory"]);
export type TeamManager = z.infer<typeof TeamManager>;

/**
 * A team of people and agents of a workspace: its rules are those of each of them, besides their own. Rules name servers by
 * id, as a member's do.
 */
export const TeamRecord = RuleHolder.extend({
  id: z.string(),
  /** Unique in the workspace without regard to case. */
  name: DisplayName,
  managedBy: TeamManager,
  /** The directory's id of the group; null: it has none. */
  externalId: z.string().nullable(),
  /** Ids of members of the workspace, sorted. */
  memberIds: z.array(z.string()),
  /** Epoch ms. */
  createdAt: z.int(),
});
export type TeamRecord = z.infer<typeof TeamRecord>;

/** A team whose rules name servers by slug. */
export const NamedTeam = TeamRecord.extend({ rules: z.array(Rule) });
export type NamedTeam = z.infer<typeof NamedTeam>;
