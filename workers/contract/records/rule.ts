import { z } from "zod";

/**
 * What a tool does, by its annotations: `read-only` (`readOnlyHint`), `additive` (not read-only, and `destructiveHint` is
 * false), and `destructive`, which is every other tool, also one without annotations (MCP 2025-11-25, ToolAnnotations).
 */
export const TOOL_CLASSES = ["read-only", "additive", "destructive"] as const;
/** The class of a tool. */
export type ToolClass = (typeof TOOL_CLASSES)[number];

const ALLOWING =
  /^[a-z0-9][a-z0-9-]{0,38}:(\*(\[(read-only|additive|destructive)\])?|[^\s*]{1,128})$/;
const ADVICE =
  "write server_slug:tool_name, server_slug:*, or server_slug:*[read-only], [additive] or [destructive]";

/** A rule that allows: one tool by the server's own name, the whole server, or its tools of one class. */
export const AllowingRule = z.string().regex(ALLOWING, ADVICE);

/**
 * A rule of a person, an agent or a team. With `!` before it, it denies, whatever else allows. Only a rule for the whole server
 * concerns its prompts and resources, too.
 */
export const Rule = z
  .string()
  .refine((rule) => ALLOWING.test(rule.startsWith("!") ? rule.slice(1) : rule), {
    error: `${ADVICE}; with ! before it to deny`,
  });
export type Rule = z.infer<typeof Rule>;

/** Until when a rule is in force, since when, and who added it. Instants in epoch ms. */
export const RuleTerms = z
  .strictObject({
    /** Null: it does not end. From then on it neither allows nor denies anything. */
    endsAt: z.int().nullable(),
    /** Null: not known, for rules of earlier releases. */
    since: z.int().nullable(),
    /** Who added or last changed it: a user's id, the id of an API key, `operator` or `system`. Null: not known. */
    by: z.string().nullable(),
  })
  .meta({ id: "RuleTerms" });
export type RuleTerms = z.infer<typeof RuleTerms>;

/** The terms of a rule of which none are known. */
export const NO_TERMS: RuleTerms = { endsAt: null, since: null, by: null };

/** What has rules: a member or a team. */
export const RuleHolder = z.strictObject({
  rules: z.array(z.string()),
  /** By rule. A rule without an entry has `NO_TERMS`. */
  terms: z.record(z.string(), RuleTerms),
  /**
   * Whether only the rules decide, even if there are none any more. False: it never had a rule, and the workspace's default
   * access decides.
   */
  isRestricted: z.boolean(),
  /** The number of changes of the rules. A change can name the version that it was made against. */
  rulesVersion: z.int(),
});
export type RuleHolder = z.infer<typeof RuleHolder>;

/** Splits a rule into whether it denies, its server, by slug or id, and what of the server it is about. */
export function splitRule(rule: string): { denies: boolean; server: string; pattern: string } {
  const denies = rule.startsWith("!");
  const start = denies ? 1 : 0;
  const colon = rule.indexOf(":");
  return { denies, server: rule.slice(start, colon), pattern: rule.slice(colon + 1) };
}
