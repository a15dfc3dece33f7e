import type { Server } from "node:http";
import { totalmem } from "node:os";
import { join } from "node:path";
import { makeRoutes } from "./api/routes.ts";
import { createApiServer } from "./api/server.ts";
import { TokenVerifier } from "./api/token-verifier.ts";
import { ServerChecks } from "./checks/server-checks.ts";
import type { HostConfig } from "./config.ts";
import type { Engine } from "./engine/engine.ts";
import { readAvailableMemory } from "./instances/available-memory.ts";
import { InstanceRegistry } from "./instances/instance-registry.ts";
import { StartQueue } from "./instances/start-queue.ts";
import { Neighbours } from "./neighbours.ts";
import type { EgressProxy } from "./network/egress-proxy.ts";
import type { Firewall } from "./network/firewall.ts";
import { WorkspaceNetworks } from "./network/workspace-networks.ts";
import { PackageStore } from "./packages/package-store.ts";
import { Preflight } from "./preflight.ts";
import { HostIdentity } from "./state/host-identity.ts";
import { readOrCreateOwner } from "./state/host-owner.ts";
import { HostState } from "./state/host-state.ts";

const VERSION = "0.1.0";

/** The parts that touch the machine; development replaces them. */
interface HostParts {
  engine: Engine;
  proxy: EgressProxy;
  firewall: Firewall;
}

/** A container host that is ready to listen. */
interface Host {
  /** Epoch ms from which the host accepts every token that is issued then. */
  readyAt: number;
  identity: HostIdentity;
  state: HostState;
  instances: InstanceRegistry;
  preflight: Preflight;
  api: Server;
}

/** Reads the host's stored state and assembles its parts. Does not touch engine or firewall. */
export async function openHost(config: HostConfig, parts: HostParts): Promise<Host> {
  const startedAt = Date.now();
  const { hostId, pool, stateFolder } = config;
  const { engine, proxy } = parts;
  const identity = await HostIdentity.open(stateFolder);
  const state = await HostState.open(stateFolder);
  const verifier = await TokenVerifier.open({ ...config, startedAt });
  const owner = { hostId, owner: await readOrCreateOwner(stateFolder) };
  const neighbours = new Neighbours(engine, owner, state);
  const preflight = new Preflight({ ...parts, ...config, neighbours });
  const networks = new WorkspaceNetworks({ engine, proxy, pool, owner });
  const packages = new PackageStore({
    registry: config.registry,
    folder: join(stateFolder, "packages"),
    listUsed: () => instances.listPackages(),
  });
  const startQueue = new StartQueue(config.starts);
  const instances: InstanceRegistry = new InstanceRegistry(
    { ...parts, networks, preflight, owner, neighbours, startQueue, packages },
    { ...config, identity, owner },
    { state, logFolder: join(stateFolder, "logs") },
  );
  const describeHost = async (jti: string) => ({
    id: hostId,
    version: VERSION,
    startedAt,
    isDraining: state.isDraining,
    engineVersion: await engine.version(),
    memory: { totalBytes: totalmem(), availableBytes: await readAvailableMemory() },
    instances: instances.size,
    findings: await preflight.check(),
    catalogueIds: await instances.listDeployable(),
    proof: await identity.signProof({ hostId, jti }),
  });
  const image = config.images["check"];
  const serverChecks = new ServerChecks({ engine, preflight, state, owner, image });
  const routes = makeRoutes({
    instances,
    serverChecks,
    state,
    describeHost,
    registry: config.registry,
  });
  const api = createApiServer(verifier, routes);
  // Tokens are refused until the clock skew after the start, and a token can seem older by the clock skew.
  const readyAt = startedAt + 2 * config.clockSkewSeconds * 1000;
  return { readyAt, identity, state, instances, preflight, api };
}
