import type { Instance } from "../../workers/contract/hosting/host-protocol.ts";
import type {
  DeploymentReason,
  InstanceRecord,
  InstanceReport,
} from "../../workers/contract/hosting/instances.ts";
import type { HostResponse } from "../../workers/hosting/host-client.ts";

/** Pauses before further attempts to start an instance. Afterwards the cron tries again, every minute. */
export const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 16_000];

type RefusalCode = Extract<HostResponse<never>, { ok: false }>["code"];

/** Refusals that end by themselves: the same host can accept the same request later. */
const TEMPORARY = new Set<RefusalCode>([
  "unreachable",
  "host_starting",
  "host_busy",
  "host_full",
  "host_draining",
  "engine_unavailable",
  "token_expired",
]);
/** Refusals of one host after which another host is tried, besides temporary ones. */
const TRY_OTHER_HOST = new Set<RefusalCode>(["host_unsafe", "unknown_catalogue_entry"]);
/** Reasons of a failed start that lie in the host, not in the server. */
const HOST_FAILURES = new Set(["engine_error", "firewall_missing", "start_timeout"]);

/** There is no candidate. */
export const NO_HOST: DeploymentReason = {
  code: "no_host",
  message:
    "No container host can run this server now: a host must be registered, respond, have the server's image, pass its checks, and not be draining. Ask the operator, then restart the server.",
};
/** The instance's host failed its last check. */
export const HOST_GONE: DeploymentReason = {
  code: "host_unreachable",
  message:
    "Its container host does not respond. The server comes back with the host; a restart moves it to another host, if there is one.",
};
/** The key of the workspace does not fit. */
export const CREDENTIALS_UNREADABLE: DeploymentReason = {
  code: "credential_unreadable",
  message: "The stored credentials cannot be decrypted: restart it with new ones.",
};

/** What follows from the response of a host to a deployment. */
export type NextStep = "finish" | "finish_or_retry" | "retry" | "fail";

/** Pure. `finish_or_retry`: the start failed by the host's fault; the report is stored if it was the last attempt. */
export function decideNextStep(response: HostResponse<Instance>): NextStep {
  if (!response.ok) return TEMPORARY.has(response.code) ? "retry" : "fail";
  const { state, reason } = response.value;
  const isHostFailure = state === "failed" && HOST_FAILURES.has(reason?.code ?? "");
  return isHostFailure ? "finish_or_retry" : "finish";
}

/** Whether another host can accept what this one refused. */
export function canTryOtherHost(response: HostResponse<Instance>): boolean {
  return !response.ok && (TEMPORARY.has(response.code) || TRY_OTHER_HOST.has(response.code));
}

/** The reason of an instance that waits for its next attempt. */
export function toBusyReason(refusal: string): DeploymentReason {
  return { code: "host_busy", message: `${refusal} The start is tried again.` };
}

/** Whether the host has accepted the instance and its start is not complete. */
export function isStarting({ state }: Pick<Instance, "state">): boolean {
  return state === "pending" || state === "starting";
}

/** Whether an instance without a start in progress needs one. One that failed by its own fault waits for a restart. */
export function mustStart(
  { state, reason }: InstanceRecord,
  seen: InstanceReport["seen"],
): boolean {
  if (seen === "unreachable") return isStarting({ state });
  if (seen === "missing")
    return state !== "failed" || reason?.code === "host_unreachable" || reason?.code === "no_host";
  return seen.reason?.code === "variables_needed";
}

/** The version for the host; none: the image's. */
export function toVersion({ versions }: InstanceRecord): { version?: string } {
  return versions ? { version: versions.current } : {};
}

/** An attempt to start an instance. `previousHostId`: where it was before; null: nowhere. */
export interface Attempt {
  previousHostId: string | null;
  /** Whether it is started again if it runs. */
  forceRestart: boolean;
  isLast: boolean;
}
