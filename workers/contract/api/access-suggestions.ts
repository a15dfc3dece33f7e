import { z } from "zod";

/** The least rules of a member or team that allow what was called. Rules name servers by slug. */
export const AccessSuggestion = z
  .strictObject({
    kind: z.enum(["member", "team"]),
    id: z.string(),
    name: z.string(),
    /** The tools that a member may call, by its own rules, its teams' and the default access; of a team, by its rules. */
    allowedTools: z.int(),
    /** Those that the member, or any member of the team, has called. */
    usedTools: z.int(),
    rules: z.array(z.string()),
    rulesVersion: z.int(),
    /** The rules that would remain: denials, and for each tool that was called by one of `rules`, what allows it. */
    suggestedRules: z.array(z.string()),
    /** When suggested rules end, epoch ms: a rule that is made of one that ends, ends with it. Those that it leaves out do not end. */
    ends: z.record(z.string(), z.int()),
    /** Rules among `rules` that are younger than the time that is looked at: their use can still begin. */
    recentRules: z.array(z.string()),
  })
  .meta({ id: "AccessSuggestion" });
export type AccessSuggestion = z.infer<typeof AccessSuggestion>;

/** The members and teams that use less than they may, those with the most unused tools first. `since`: epoch ms. */
export const AccessSuggestions = z
  .strictObject({ since: z.int(), items: z.array(AccessSuggestion) })
  .meta({ id: "AccessSuggestions" });

/** A tool that a member has called, by the slug that its server had. */
export interface UsedTool {
  memberId: string;
  serverSlug: string;
  toolName: string;
}
