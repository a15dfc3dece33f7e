/** How severe a finding is, worst first: by its consequence for the people who use it. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
/** One of them. */
export type Severity = (typeof SEVERITIES)[number];

/** Sorts by severity, worst first. */
export function compareSeverities(a: { severity: Severity }, b: { severity: Severity }): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}
