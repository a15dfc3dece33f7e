import { sql, type SQL } from "drizzle-orm";
import { NO_TERMS, type RuleHolder, type RuleTerms } from "../contract/records/rule.ts";

/** A rule with its terms, as statements have it: denies, server id, pattern, and the columns of its terms. */
type RuleRow = [rule: string, endsAt: number | null, since: number | null, by: string | null];

/** What a row of a member or team has of its rules. */
export type StoredRules = Pick<RuleHolder, "rules" | "terms">;

/**
 * The rules of a row of `members` or `teams`. `named`: with the slugs of their servers, not their ids. All of the three SQL
 * texts are of this code.
 */
export function selectRules(table: string, holder: string, named: boolean): SQL<StoredRules> {
  const server = named ? "(SELECT slug FROM servers WHERE id = server_id)" : "server_id";
  return sql`(SELECT json_group_array(json_array(iif(denies, '!', '') || ${sql.raw(server)} || ':' || tool_name,
    ends_at, since, granted_by)) FROM ${sql.raw(table)} WHERE ${sql.raw(holder)})`.mapWith(
    parseRules,
  );
}

function parseRules(json: string): StoredRules {
  // A cast: SQLite made this JSON from columns of these types.
  const rows = (JSON.parse(json) as RuleRow[]).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const terms = rows.flatMap(([rule, endsAt, since, by]): [string, RuleTerms][] =>
    endsAt === null && since === null && by === null ? [] : [[rule, { endsAt, since, by }]],
  );
  return { rules: rows.map(([rule]) => rule), terms: Object.fromEntries(terms) };
}

/**
 * The rows of holders' rules, for an INSERT whose columns are those of `rules`. All rules are one parameter: D1 allows 100 in a
 * statement.
 */
export function toRuleRows(holders: (StoredRules & { id: string })[]): SQL {
  const rows = holders.flatMap(({ id, rules, terms }) =>
    rules.map((rule) => {
      const denies = rule.startsWith("!");
      const colon = rule.indexOf(":");
      const { endsAt, since, by } = terms[rule] ?? NO_TERMS;
      const server = rule.slice(denies ? 1 : 0, colon);
      return [id, server, denies ? 1 : 0, rule.slice(colon + 1), endsAt, since, by];
    }),
  );
  return sql`SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
    FROM json_each(${JSON.stringify(rows)})`;
}
