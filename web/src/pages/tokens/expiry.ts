import { DAY_MS } from "../../../../workers/contract/units.ts";

/** Choices for the lifetime of a token or API key, in days. */
export const EXPIRIES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "never", label: "Never" },
] as const;
/** A lifetime in days, or `never`. */
export type Expiry = (typeof EXPIRIES)[number]["value"];

/** Converts a lifetime to its end in epoch ms; null: never. */
export function toExpiresAt(expiry: Expiry): number | null {
  return expiry === "never" ? null : Date.now() + Number(expiry) * DAY_MS;
}
