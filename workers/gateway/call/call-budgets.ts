import type { Budgets } from "../../contract/limits.ts";
import type { Endpoint } from "../../contract/rpc/admission.ts";

/** The time budgets of a call. Its server's own limits replace the general ones. */
export function toCallBudgets(endpoint: Endpoint, general: Budgets, method: string): Budgets {
  const budgets = toServerBudgets(endpoint, general);
  // The response comes when the task has ended (2025-11-25, basic/utilities/tasks): a silence is no failure.
  if (method !== "tasks/result") return budgets;
  return { ...budgets, firstByteMs: budgets.totalMs, idleMs: budgets.totalMs };
}

function toServerBudgets(endpoint: Endpoint, general: Budgets): Budgets {
  const { longestCallSeconds, longestSilenceSeconds } = endpoint;
  const silenceMs = longestSilenceSeconds === null ? null : longestSilenceSeconds * 1000;
  return {
    ...general,
    firstByteMs: silenceMs ?? general.firstByteMs,
    idleMs: silenceMs ?? general.idleMs,
    totalMs: longestCallSeconds === null ? general.totalMs : longestCallSeconds * 1000,
  };
}
