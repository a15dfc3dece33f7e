import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { logEvent, logFailure } from "../workers/runtime/log.ts";
import { readConfig } from "./config.ts";
import { DockerEngine } from "./engine/docker-engine.ts";
import { openHost } from "./host.ts";
import { EgressProxy } from "./network/egress-proxy.ts";
import { Firewall } from "./network/firewall.ts";

/** Pause between attempts to reach the engine at start. */
const ENGINE_RETRY_MS = 500;

const config = readConfig(process.env);
const engine = new DockerEngine();
const proxy = new EgressProxy(config.privateEgress);
const firewall = new Firewall(config.pool.cidr);
const { readyAt, identity, state, instances, preflight, api } = await openHost(config, {
  engine,
  proxy,
  firewall,
});

// The firewall is set before anything runs; the previous process's instances are registered before the API opens.
await firewall.ensure();
while ((await engine.version()) === null) {
  logEvent({ event: "engine_awaited" });
  await sleep(ENGINE_RETRY_MS);
}
await preflight.check();
await instances.reconcile();
const { listen } = config;
if ("path" in listen) await rm(listen.path, { force: true });
await once(api.listen(listen), "listening");
if ("path" in listen) await chmod(listen.path, 0o660);
state.startSaving(
  () => instances.countRunningTime(),
  (error) => logFailure("state_not_saved", error),
);
let stopping: Promise<void> | undefined;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // `npm start` sends SIGTERM, and then its end does (end-with-parent.ts).
  process.on(signal, () => void (stopping ??= stop()));
}

// Until then it refuses the tokens of a gateway whose clock is as late as allowed.
await sleep(Math.max(0, readyAt - Date.now()));
logEvent({ event: "host_ready", host: config.hostId, publicKey: identity.publicKey });

/** Leaves the containers running: the next process takes them over. */
async function stop(): Promise<void> {
  state.stopSaving();
  api.close();
  api.closeAllConnections();
  await instances.detach();
  await state.save();
  process.exit(0);
}
