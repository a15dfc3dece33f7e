import type { Leg } from "./legs.ts";
import type { Finding, Scenarios } from "./suite.ts";

/** The result of one leg. */
export interface LegReport {
  leg: Leg;
  required: number;
  passing: number;
  counts: Counts;
  /** Unlisted failures, and listed failures that pass, by scenario. */
  unexpected: Map<string, Finding[]>;
  /** Scenarios that are listed as failing but do not exist. */
  missing: string[];
  warnings: string[];
  /** Scenarios that are impossible in this pairing. */
  excluded: string[];
  reasons: FailureReasons;
}
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The reasons of known failures, by scenario and check. */
export type FailureReasons = Record<string, Record<string, string>>;

/** Compares a leg's outcomes with the known failures. A listed failure that passes is unexpected too. */
export function evaluateLeg(leg: Leg, all: Scenarios, reasons: FailureReasons): LegReport {
  const isExcluded = leg.isExcluded ?? (() => false);
  const excluded = [...all].filter(([, outcome]) => isExcluded(outcome)).map(([name]) => name);
  const scenarios = new Map([...all].filter(([, outcome]) => !isExcluded(outcome)));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const unexpected: LegReport["unexpected"] = new Map();
  const warnings: string[] = [];
  for (const [name, outcome] of scenarios) {
    const known = new Set(Object.keys(reasons[name] ?? {}));
    const failed = new Set(outcome.failures.map(({ check }) => check));
    const unknown = outcome.failures.filter(({ check }) => !known.has(check));
    const fixed = [...known].filter((check) => !failed.has(check));
    const passing = fixed.map((check) => ({ check, message: "passes, but is listed" }));
    if (unknown.length + fixed.length > 0) {
      unexpected.set(name, [...unknown, ...passing]);
      counts.failed += 1;
    } else {
      counts[failed.size === 0 ? "passed" : "skipped"] += 1;
    }
    if (outcome.warnings.length > 0) warnings.push(describe(name, outcome.warnings));
  }
  const missing = Object.keys(reasons).filter((listed) => !scenarios.has(listed));
  counts.failed += missing.length;
  const passing = [...scenarios.values()].filter(({ failures }) => failures.length === 0).length;
  const required = scenarios.size;
  return { leg, required, passing, counts, unexpected, missing, warnings, excluded, reasons };
}

/** The console output of a leg. `first`: unexpected findings of the first run. */
export function formatReport(report: LegReport, first: LegReport["unexpected"]): string {
  const { leg, unexpected, missing, warnings } = report;
  const passed = [...first].filter(([name]) => !unexpected.has(name));
  return [
    `${leg.id}: ${report.passing} of ${report.required} required scenarios pass`,
    ...[...unexpected].map(([name, findings]) => `  ✗ ${describe(name, findings)}`),
    ...missing.map((name) => `  ✗ ${name} is listed, but does not exist`),
    ...passed.map(
      ([name, findings]) => `  ↻ passed in the second run: ${describe(name, findings)}`,
    ),
    ...warnings.map((sentence) => `  ! ${sentence}`),
  ].join("\n");
}

/** The documentation's tables: results, known failures, and scenarios that a prefix excludes. */
export function toMarkdown(reports: LegReport[]): string {
  const code = (name: string) => `\`${name}\``;
  const rows = reports.map(({ leg, required, passing }) =>
    toRow(code(leg.id), leg.client, leg.servers, `${passing} of ${required}`),
  );
  const failures = reports.flatMap(({ leg, reasons }) =>
    Object.entries(reasons).map(([name, checks]) =>
      toRow(code(leg.id), code(name), [...new Set(Object.values(checks))].join("; ")),
    ),
  );
  const leftOut = reports
    .filter(({ excluded }) => excluded.length > 0)
    .map(({ leg, excluded }) => toRow(code(leg.id), excluded.map(code).join(", ")));
  return [
    toRow("leg", "client", "servers behind the gateway", "required scenarios passed"),
    toRow("---", "---", "---", "---"),
    ...rows,
    "",
    toRow("leg", "known failure", "reason"),
    toRow("---", "---", "---"),
    ...failures,
    "",
    toRow("leg", "excluded: they send a name that the prefix changes"),
    toRow("---", "---"),
    ...leftOut,
  ].join("\n");
}

const toRow = (...cells: string[]) => `| ${cells.join(" | ")} |`;

const describe = (name: string, findings: Finding[]) =>
  [name, ...findings.map(({ check, message }) => `${check}: ${message}`)]
    .join("\n")
    .replaceAll("\n", "\n      ");
