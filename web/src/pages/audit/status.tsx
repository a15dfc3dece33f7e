import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { formatExactCount } from "../../ui/format-numbers.ts";
import { Badge, type Tone } from "../../ui/page.tsx";

/** Display labels of call outcomes. */
export const STATUS_LABELS: Record<CallStatus, string> = {
  ok: "Succeeded",
  error: "Failed",
  blocked: "Refused",
  rate_limited: "Refused: limit",
  cancelled: "Cancelled",
  unknown: "Unknown",
};

const TONES: Record<CallStatus, Tone> = {
  ok: "ok",
  error: "bad",
  blocked: "warn",
  rate_limited: "warn",
  cancelled: "neutral",
  unknown: "neutral",
};

/** Colours of call outcomes in charts. */
export const STATUS_COLORS: Record<CallStatus, string> = {
  ok: "var(--color-chart-2)",
  error: "var(--color-chart-7)",
  blocked: "var(--color-chart-3)",
  rate_limited: "var(--color-chart-6)",
  cancelled: "var(--color-chart-8)",
  unknown: "var(--color-chart-5)",
};

/** A call outcome as a coloured badge. */
export function StatusBadge({ status, count }: { status: CallStatus; count: number }) {
  const times = count > 1 ? ` ${formatExactCount(count)} times` : "";
  return <Badge tone={TONES[status]}>{STATUS_LABELS[status] + times}</Badge>;
}
