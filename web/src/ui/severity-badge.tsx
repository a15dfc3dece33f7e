import type { Severity } from "../../../workers/contract/severity.ts";
import { Badge, type Tone } from "./page.tsx";

const TONES: Record<Severity, Tone> = {
  critical: "bad",
  high: "bad",
  medium: "warn",
  low: "neutral",
  info: "neutral",
};
/** Severities as words. */
export const SEVERITY_LABELS: Record<Severity, string> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
  info: "Info",
};

/** The severity of a finding, as a word with its colour. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return <Badge tone={TONES[severity]}>{SEVERITY_LABELS[severity]}</Badge>;
}
