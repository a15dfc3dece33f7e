import type { Severity } from "../workers/contract/severity.ts";
import type { Finding } from "./finding.ts";

/** SARIF has three levels; `security-severity` is what GitHub sorts by. */
const LEVELS: Record<Severity, { level: "error" | "warning" | "note"; score: string }> = {
  critical: { level: "error", score: "9.5" },
  high: { level: "error", score: "8.0" },
  medium: { level: "warning", score: "5.5" },
  low: { level: "note", score: "3.0" },
  info: { level: "note", score: "0.0" },
};

/** What a report is about. `file`: its path as the reader of the report knows it. */
export interface SarifSource {
  file: string;
  findings: readonly Finding[];
}

/** Findings about one file as a SARIF 2.1.0 log. */
export function toSarif(
  findings: readonly Finding[],
  { file, toolVersion }: { file: string; toolVersion: string },
): object {
  return toSarifLog([{ file, findings }], toolVersion);
}

/** Findings about several files as one SARIF 2.1.0 log. Columns and offsets count UTF-16 units. */
export function toSarifLog(sources: readonly SarifSource[], toolVersion: string): object {
  const ids = sources.flatMap(({ findings }) => findings.map(({ rule }) => rule));
  const rules = [...new Set(ids)].toSorted();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "mcpnest",
            version: toolVersion,
            rules: rules.map((id) => ({ id })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: sources.flatMap(({ file, findings }) =>
          findings.map((finding) => toResult(finding, file, rules)),
        ),
      },
    ],
  };
}

function toResult(
  { rule, severity, server, path, range, message, why }: Finding,
  file: string,
  rules: readonly string[],
): object {
  const { level, score } = LEVELS[severity];
  // A file has a first line, which a finding without a place is shown at.
  const { line, column, offset, length } = range ?? { line: 1, column: 1, offset: 0, length: 0 };
  const where = path.map(String).join("/");
  return {
    ruleId: rule,
    ruleIndex: rules.indexOf(rule),
    level,
    message: { text: `${server === null ? "" : `${server}: `}${message} ${why}`.trim() },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: toUri(file) },
          region: { startLine: line, startColumn: column, charOffset: offset, charLength: length },
        },
        ...(where !== "" && { logicalLocations: [{ fullyQualifiedName: where }] }),
      },
    ],
    properties: { "security-severity": score },
  };
}

/** A path as a URI reference: relative ones stay relative. */
function toUri(file: string): string {
  const parts = file.replaceAll("\\", "/").split("/");
  return parts.map((part) => encodeURIComponent(part.toWellFormed())).join("/");
}
