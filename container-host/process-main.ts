// For development where there is no container engine: the container host with plain processes in place of containers.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig } from "./config.ts";
import { ProcessEngine } from "./engine/process-engine.ts";
import { openHost } from "./host.ts";
import { logEvent } from "./log.ts";
import { EgressProxy } from "./network/egress-proxy.ts";
import { Firewall } from "./network/firewall.ts";

/** Every bridge has an address of its own on loopback, so that all may listen on one port. Linux only. */
const LOOPBACK = { cidr: "127.201.0.0/16", first: 0x7fc90000, networks: 2048 };
const PACKAGES = join(import.meta.dirname, "..", "node_modules");

/** There is nothing to keep apart. */
class NoFirewall extends Firewall {
  override ensure(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

const config = parseConfig({
  ...process.env,
  MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: `sha256:${"0".repeat(64)}` } }),
});
const catalogue = await adapt(config.catalogue, join(config.stateFolder, "files"));
const engine = new ProcessEngine();
const { identity, instances, api } = await openHost(
  { ...config, catalogue, pool: LOOPBACK },
  { engine, proxy: new EgressProxy([]), firewall: new NoFirewall(LOOPBACK.cidr) },
);

logEvent({ event: "servers_are_not_confined" });
await once(api.listen(config.listen), "listening");
logEvent({ event: "host_ready", host: config.hostId, publicKey: identity.publicKey });

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
