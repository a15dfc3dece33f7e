import type { HostRequestSubject } from "../contract/rpc/admission.ts";
import type { Env } from "../runtime/env.ts";
import type { Network } from "./guarded-fetch.ts";
import { hostNetwork, type HostingEnv } from "./host-network.ts";

/** What outgoing requests may reach, and by which way. Container hosts are the operator's own: they may be private. */
export function egressOf(
  env: Pick<Env, "ALLOW_PRIVATE_UPSTREAMS" | "EGRESS"> & HostingEnv,
  hosted: HostRequestSubject | null = null,
): { allowPrivate: boolean; network: Network | undefined } {
  if (hosted) {
    return { allowPrivate: true, network: hostNetwork(env, hosted, env.EGRESS ?? globalThis) };
  }
  return { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "true", network: env.EGRESS };
}
