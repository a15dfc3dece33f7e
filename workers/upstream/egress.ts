import type { HostRequestIdentity } from "../contract/rpc/admission.ts";
import type { Env } from "../runtime/env.ts";
import type { Network } from "./guarded-fetch.ts";
import { hostNetwork } from "./host-network.ts";

/** Where requests are allowed to go, and through which network. Container hosts belong to the operator and can be private. */
export function egressOf(
  env: Env,
  hosted: HostRequestIdentity | null = null,
): { allowPrivate: boolean; network: Network | undefined } {
  if (hosted) {
    return { allowPrivate: true, network: hostNetwork(env, hosted, env.EGRESS ?? globalThis) };
  }
  return { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "true", network: env.EGRESS };
}
