import type { HostRequestIdentity } from "../contract/rpc/admission.ts";
import type { Env } from "../runtime/env.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { FetchOptions } from "./guarded-fetch.ts";
import { hostNetwork } from "./host-network.ts";

/**
 * Where requests are allowed to go, and through which network. Container hosts belong to the operator and can be private.
 * `via`: the gateways that the request has passed before this one; none for what this gateway begins.
 */
export function egressOf(
  env: Env,
  hosted: HostRequestIdentity | null = null,
  via: string[] = [],
): FetchOptions {
  const common = {
    ports: env.UPSTREAM_PORTS,
    // Cloudflare Workers reach no addresses ("Direct IP access not allowed", error 1003).
    onlyNames: env.EGRESS === undefined,
    via: [...via, settingsOf(env).gatewayId],
  };
  if (hosted) {
    const network = hostNetwork(env, hosted, env.EGRESS ?? globalThis);
    return { ...common, allowPrivate: true, network };
  }
  const allowPrivate = env.ALLOW_PRIVATE_UPSTREAMS === "true";
  return { ...common, allowPrivate, network: env.EGRESS };
}
