import { compareSeverities, type Severity } from "../../workers/contract/severity.ts";
import type { Finding } from "../finding.ts";

/** What a finding adds to the risk. */
const WEIGHTS: Record<Severity, number> = { critical: 40, high: 15, medium: 5, low: 1, info: 0 };
const MAX_RISK = 100;

/** Findings of one rule with one severity. */
export interface FindingGroup {
  rule: string;
  severity: Severity;
  findings: Finding[];
}

/** Number of findings by severity. */
export function countSeverities(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/**
 * The risk of a file from 0 to 100: the weight of the worst finding of each server, and once the weight of each other rule.
 * Repeats of a rule count once, so that one habit in twenty servers is no catastrophe.
 */
export function toRisk(findings: readonly Finding[]): number {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const key = finding.server ?? "";
    const known = worst.get(key);
    if (!known || WEIGHTS[finding.severity] > WEIGHTS[known.severity]) worst.set(key, finding);
  }
  const counted = new Set(worst.values());
  const rules = new Set([...counted].map(({ rule }) => rule));
  const byRule = new Map<string, number>();
  for (const finding of findings) {
    const { rule, severity } = finding;
    if (!rules.has(rule)) byRule.set(rule, Math.max(byRule.get(rule) ?? 0, WEIGHTS[severity]));
  }
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const servers = [...counted].map(({ severity }) => WEIGHTS[severity]);
  return Math.min(MAX_RISK, sum(servers) + sum(byRule.values()));
}

/** The findings by rule and severity, the worst first. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const finding of findings) {
    const { rule, severity } = finding;
    const key = `${rule} ${severity}`;
    const group = groups.get(key) ?? { rule, severity, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()].toSorted(
    (a, b) => compareSeverities(a, b) || a.rule.localeCompare(b.rule),
  );
}
