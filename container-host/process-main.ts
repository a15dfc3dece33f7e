// For development where there is no container engine: the container host with plain processes in place of containers.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { createApi } from "./api.ts";
import { parseConfig } from "./config.ts";
import { EgressProxy } from "./egress-proxy.ts";
import { Firewall } from "./firewall.ts";
import { HostState } from "./host-state.ts";
import { Identity } from "./identity.ts";
import { Instances } from "./instances.ts";
import { logEvent } from "./log.ts";
import { availableMemory } from "./memory.ts";
import { Networks } from "./networks.ts";
import { ProcessEngine } from "./process-engine.ts";
import { makeRoutes } from "./routes.ts";
import { TokenVerifier } from "./tokens.ts";

/** Every bridge has an address of its own on loopback, so that all may listen on one port. Linux only. */
const LOOPBACK = { cidr: "127.201.0.0/16", first: 0x7fc90000, networks: 2048 };
const PACKAGES = join(import.meta.dirname, "..", "node_modules");

/** There is nothing to keep apart. */
class NoFirewall extends Firewall {
  override ensure(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

const startedAt = Date.now();
const config = parseConfig({
  ...process.env,
  MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: `sha256:${"0".repeat(64)}` } }),
});
const { hostId, stateFolder } = config;
const catalogue = await adapt(config.catalogue, join(stateFolder, "files"));
const identity = await Identity.open(stateFolder);
const state = await HostState.open(stateFolder);
const verifier = await TokenVerifier.open({ ...config, startedAt });
const engine = new ProcessEngine();
const proxy = new EgressProxy([]);
const firewall = new NoFirewall(LOOPBACK.cidr);
const networks = new Networks({ engine, proxy, pool: LOOPBACK, hostId });
const runner = { engine, networks, proxy, firewall, hostId };
const instances = new Instances(runner, { ...config, catalogue, identity }, state);

const api = createApi(
  verifier,
  makeRoutes({
    instances,
    state,
    describeHost: async (jti) => ({
      id: hostId,
      version: "0.1.0",
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

logEvent({ event: "servers_are_not_confined" });
await once(api.listen(config.listen), "listening");
logEvent({ event: "host_ready", host: hostId, publicKey: identity.publicKey });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void stop();
  });
}

/** Processes do not outlive the host: nobody would find them again. */
async function stop(): Promise<void> {
  await instances.release();
  const all = await engine.listContainers();
  await Promise.all(all.map(({ containerId }) => engine.removeContainer(containerId)));
  process.exit(0);
}

/** What is installed here, with a folder of its own in place of the container's /tmp. */
async function adapt(entries: typeof config.catalogue, files: string): Promise<typeof entries> {
  await mkdir(files, { recursive: true });
  const inside = (text: string) =>
    text.replaceAll(/(^| )\/tmp\b/g, (_, space) => `${space}${files}`);
  const adapted = [...entries]
    .filter(([, entry]) => existsSync(join(PACKAGES, entry.package.name)))
    .map(([id, entry]) => {
      const environment = Object.fromEntries(
        Object.entries(entry.environment).map(([name, value]) => [name, inside(value)]),
      );
      return [id, { ...entry, command: inside(entry.command), environment }] as const;
    });
  return new Map(adapted);
}
