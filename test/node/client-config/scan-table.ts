import { RULES } from "../../../client-config/scan/rule-book.ts";

/** The table of `docs/workshop.md` with every rule. */
export function toRuleTable(): string {
  const rows = Object.entries(RULES).map(
    ([id, { title, severities, trigger }]) =>
      `| ${id} | ${title} | ${severities.join(", ")} | ${trigger.replaceAll("|", String.raw`\|`)} |`,
  );
  return ["| rule | finds | severity | trigger |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
