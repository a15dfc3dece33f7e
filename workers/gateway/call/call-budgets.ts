import type { Budgets } from "../../contract/limits.ts";
import type { Endpoint } from "../../contract/rpc/admission.ts";

/** The time budgets of a call. Its server's own limits replace the general ones. */
export function toCallBudgets(endpoint: Endpoint, general: Budgets): Budgets {
  const { longestCallSeconds, longestSilenceSeconds } = endpoint;
  const silenceMs = longestSilenceSeconds === null ? null : longestSilenceSeconds * 1000;
  return {
    ...general,
    firstByteMs: silenceMs ?? general.firstByteMs,
    idleMs: silenceMs ?? general.idleMs,
    totalMs: longestCallSeconds === null ? general.totalMs : longestCallSeconds * 1000,
  };
}
