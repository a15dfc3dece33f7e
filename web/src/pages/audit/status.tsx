import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { Badge, type Tone } from "../../ui/page.tsx";

/** Outcomes of a call in words. */
export const STATUS_WORDS: Record<CallStatus, string> = {
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

export function StatusBadge({ status }: { status: CallStatus }) {
  return <Badge tone={TONES[status]}>{STATUS_WORDS[status]}</Badge>;
}
