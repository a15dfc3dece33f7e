import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { Badge, type Tone } from "../../ui/page.tsx";

/** Display labels of call outcomes. */
export const STATUS_LABELS: Record<CallStatus, string> = {
  ok: "Succeeded",
  error: "Failed",
  blocked: "Blocked",
  rate_limited: "Rate limited",
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

/** A call outcome as a coloured badge. */
export function StatusBadge({ status, count }: { status: CallStatus; count: number }) {
  const times = count > 1 ? ` ${count.toLocaleString()} times` : "";
  return <Badge tone={TONES[status]}>{STATUS_LABELS[status] + times}</Badge>;
}
