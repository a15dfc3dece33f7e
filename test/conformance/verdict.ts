import type { Leg } from "./legs.ts";
import type { Finding, Scenarios } from "./suite.ts";

/** What is known of one leg after it has run. */
export interface Verdict {
  leg: Leg;
  required: number;
  passing: number;
  counts: Counts;
  /** Failures that nobody knows of, and known ones that pass, by scenario. */
  unexpected: Map<string, Finding[]>;
  /** Scenarios that are listed as failing and do not exist. */
  missing: string[];
  warnings: string[];
  /** Scenarios that the pairing itself rules out. */
  excluded: string[];
  reasons: Reasons;
}
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** By scenario and check of the suite: why it cannot succeed in a leg. */
export type Reasons = Record<string, Record<string, string>>;

/** Judges a leg. A known failure is skipped; one that passes is as unexpected as a failure that nobody knows. */
export function judge(leg: Leg, all: Scenarios, reasons: Reasons): Verdict {
  const isRuledOut = leg.rulesOut ?? (() => false);
  const excluded = [...all].filter(([, outcome]) => isRuledOut(outcome)).map(([name]) => name);
  const scenarios = new Map([...all].filter(([, outcome]) => !isRuledOut(outcome)));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const unexpected: Verdict["unexpected"] = new Map();
  const warnings: string[] = [];
  for (const [name, outcome] of scenarios) {
    const known = new Set(Object.keys(reasons[name] ?? {}));
    const failed = new Set(outcome.failures.map(({ check }) => check));
    const unknown = outcome.failures.filter(({ check }) => !known.has(check));
    const fixed = [...known].filter((check) => !failed.has(check));
    const passing = fixed.map((check) => ({ check, message: "does not fail, but is listed" }));
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

/** What the run says of a leg. `first`: what it found unexpected before it gave some scenarios a second try. */
export function toLines(verdict: Verdict, first: Verdict["unexpected"]): string {
  const { leg, unexpected, missing, warnings } = verdict;
  const passed = [...first].filter(([name]) => !unexpected.has(name));
  return [
    `${leg.id}: ${verdict.passing} of ${verdict.required} required scenarios pass`,
    ...[...unexpected].map(([name, findings]) => `  ✗ ${describe(name, findings)}`),
    ...missing.map((name) => `  ✗ ${name} is listed, but there is no such scenario`),
    ...passed.map(([name, findings]) => `  ↻ needed a second try: ${describe(name, findings)}`),
    ...warnings.map((sentence) => `  ! ${sentence}`),
  ].join("\n");
}

/** The table of the documentation, and below it what does not pass, and what a prefix leaves out. */
export function toMarkdown(verdicts: Verdict[]): string {
  const code = (name: string) => `\`${name}\``;
  const rows = verdicts.map(({ leg, required, passing }) =>
    toRow(code(leg.id), leg.client, leg.servers, `${passing} of ${required}`),
  );
  const failures = verdicts.flatMap(({ leg, reasons }) =>
    Object.entries(reasons).map(([name, checks]) =>
      toRow(code(leg.id), code(name), [...new Set(Object.values(checks))].join("; ")),
    ),
  );
  const leftOut = verdicts
    .filter(({ excluded }) => excluded.length > 0)
    .map(({ leg, excluded }) => toRow(code(leg.id), excluded.map(code).join(", ")));
  return [
    toRow("leg", "client", "servers behind the gateway", "required scenarios passed"),
    toRow("---", "---", "---", "---"),
    ...rows,
    "",
    toRow("leg", "does not pass", "because"),
    toRow("---", "---", "---"),
    ...failures,
    "",
    toRow("leg", "left out: they send a name that the prefix changes"),
    toRow("---", "---"),
    ...leftOut,
  ].join("\n");
}

const toRow = (...cells: string[]) => `| ${cells.join(" | ")} |`;

const describe = (name: string, findings: Finding[]) =>
  [name, ...findings.map(({ check, message }) => `${check}: ${message}`)]
    .join("\n")
    .replaceAll("\n", "\n      ");
