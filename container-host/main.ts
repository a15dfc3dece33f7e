import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createApi } from "./api.ts";
import { parseConfig } from "./config.ts";
import { DockerEngine } from "./docker.ts";
import { EgressProxy } from "./egress-proxy.ts";
import { Firewall } from "./firewall.ts";
import { HostState } from "./host-state.ts";
import { Identity } from "./identity.ts";
import { Instances } from "./instances.ts";
import { logEvent } from "./log.ts";
import { availableMemory } from "./memory.ts";
import { Networks } from "./networks.ts";
import { makeRoutes } from "./routes.ts";
import { TokenVerifier } from "./tokens.ts";

const VERSION = "0.1.0";
const ENGINE_RETRY_MS = 500;

const startedAt = Date.now();
const config = parseConfig(process.env);
const { hostId, pool, stateFolder } = config;
const identity = await Identity.open(stateFolder);
const state = await HostState.open(stateFolder);
const verifier = await TokenVerifier.open({ ...config, startedAt });
const engine = new DockerEngine();
const proxy = new EgressProxy(config.privateEgress);
const firewall = new Firewall(pool.cidr);
const networks = new Networks({ engine, proxy, pool, hostId });
const runner = { engine, networks, proxy, firewall, hostId };
const instances = new Instances(runner, { ...config, identity }, state);

const api = createApi(
  verifier,
  makeRoutes({
    instances,
    state,
    describeHost: async (jti) => ({
      id: hostId,
      version: VERSION,
      startedAt,
      isDraining: state.isDraining,
      engineVersion: await engine.version(),
      memory: { totalBytes: totalmem(), availableBytes: await availableMemory() },
      instances: instances.size,
      catalogueIds: instances.catalogueIds,
      proof: await identity.signProof({ hostId, jti }),
    }),
  }),
);

// The firewall comes first, and instances of an earlier run are known before anybody can ask for them.
await firewall.ensure();
while ((await engine.version()) === null) {
  logEvent({ event: "engine_awaited" });
  await sleep(ENGINE_RETRY_MS);
}
await instances.reconcile();
const { listen } = config;
if ("path" in listen) await rm(listen.path, { force: true });
await once(api.listen(listen), "listening");
if ("path" in listen) await chmod(listen.path, 0o660);
state.startSaving(
  () => instances.countRunningTime(),
  () => logEvent({ event: "state_not_saved" }),
);
logEvent({ event: "host_ready", host: hostId, publicKey: identity.publicKey });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void stop();
  });
}

/** Containers run on: the next process takes them over. */
async function stop(): Promise<void> {
  state.stopSaving();
  api.close();
  api.closeAllConnections();
  await instances.release();
  await state.save();
  process.exit(0);
}
