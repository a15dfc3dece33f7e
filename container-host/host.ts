import type { Server } from "node:http";
import { totalmem } from "node:os";
import { makeRoutes } from "./api/routes.ts";
import { createApi } from "./api/server.ts";
import { TokenVerifier } from "./api/token-verifier.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine/engine.ts";
import { availableMemory } from "./instances/available-memory.ts";
import { Instances } from "./instances/instance-registry.ts";
import type { EgressProxy } from "./network/egress-proxy.ts";
import type { Firewall } from "./network/firewall.ts";
import { Networks } from "./network/workspace-networks.ts";
import { Identity } from "./state/host-identity.ts";
import { HostState } from "./state/host-state.ts";

const VERSION = "0.1.0";

/** What instances run on and with. */
interface Parts {
  engine: Engine;
  proxy: EgressProxy;
  firewall: Firewall;
}

/** A container host that is ready to listen. */
interface Host {
  identity: Identity;
  state: HostState;
  instances: Instances;
  api: Server;
}

/** Opens a host's stored state and puts its parts together; touches neither engine nor firewall. */
export async function openHost(config: Config, parts: Parts): Promise<Host> {
  const startedAt = Date.now();
  const { hostId, pool, stateFolder } = config;
  const { engine, proxy } = parts;
  const identity = await Identity.open(stateFolder);
  const state = await HostState.open(stateFolder);
  const verifier = await TokenVerifier.open({ ...config, startedAt });
  const networks = new Networks({ engine, proxy, pool, hostId });
  const instances = new Instances({ ...parts, networks, hostId }, { ...config, identity }, state);
  const describeHost = async (jti: string) => ({
    id: hostId,
    version: VERSION,
    startedAt,
    isDraining: state.isDraining,
    engineVersion: await engine.version(),
    memory: { totalBytes: totalmem(), availableBytes: await availableMemory() },
    instances: instances.size,
    catalogueIds: instances.catalogueIds,
    proof: await identity.signProof({ hostId, jti }),
  });
  const api = createApi(verifier, makeRoutes({ instances, state, describeHost }));
  return { identity, state, instances, api };
}
