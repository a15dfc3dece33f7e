import { OUTCOMES, PROPERTIES, type Property, type Row } from "./findings.ts";
import { PINNED_ON } from "./versions.ts";

/** The tables of all rows as Markdown: outcomes, properties in groups of columns, and clients that were not run. */
export function toMarkdown(rows: Row[], date: string): string {
  const measured = rows.flatMap((row) => ("findings" in row ? [row] : []));
  const absent = rows.flatMap((row) => ("reason" in row ? [row] : []));
  const outcomes = table(
    ["client", "version", ...Object.values(OUTCOMES)],
    measured.map(({ label, version, findings }) => [
      label,
      version,
      ...keysOf(OUTCOMES).map((key) => findings.outcomes[key]),
    ]),
  );
  const properties = PROPERTY_TABLES.map((columns) =>
    table(
      ["client", ...columns.map((key) => PROPERTIES[key])],
      measured.map(({ label, findings }) => [
        label,
        ...columns.map((key) => findings.properties[key]),
      ]),
    ),
  );
  const reasons = absent.map(({ label, version, reason }) => `- ${label} ${version}: ${reason}`);
  return [
    `Measured on ${date}; versions chosen on ${PINNED_ON}.`,
    outcomes,
    ...properties,
    ...(reasons.length > 0 ? [`Not measured:\n\n${reasons.join("\n")}`] : []),
  ].join("\n\n");
}

/** The properties, in tables that fit on a page. */
const PROPERTY_TABLES: Property[][] = [
  ["revision", "clientInfo", "userAgent"],
  ["resultForm", "deferral", "names", "instructions"],
  ["listChanged", "streams", "urlElicitation", "apps"],
  ["unauthorized"],
];

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((cells) => cells.map(escape))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function escape(cell: string): string {
  return cell.replaceAll("|", String.raw`\|`).replaceAll(/\s+/g, " ");
}

function keysOf<K extends string>(object: Record<K, unknown>): K[] {
  return Object.keys(object) as K[];
}
