// For development without a container engine: the container host with plain processes instead of containers.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { logEvent } from "../workers/runtime/log.ts";
import { readConfig } from "./config.ts";
import { ProcessEngine } from "./engine/process-engine.ts";
import { openHost } from "./host.ts";
import { EgressProxy } from "./network/egress-proxy.ts";
import { Firewall } from "./network/firewall.ts";

/** Each bridge gets its own loopback address, so that all can listen on the same port. Linux only. */
const LOOPBACK = { cidr: "127.201.0.0/16", first: 0x7fc90000, networks: 2048 };
const PACKAGES = join(import.meta.dirname, "..", "node_modules");

/** Plain processes use the machine's network: there is nothing to isolate. */
class NoFirewall extends Firewall {
  override ensure(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

const config = readConfig({
  ...process.env,
  MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: `sha256:${"0".repeat(64)}` } }),
});
const catalogue = await toInstalledEntries(config.catalogue, join(config.stateFolder, "files"));
const engine = new ProcessEngine();
const { readyAt, identity, instances, api } = await openHost(
  { ...config, catalogue, pool: LOOPBACK },
  { engine, proxy: new EgressProxy([]), firewall: new NoFirewall(LOOPBACK.cidr) },
);

logEvent({ event: "servers_are_not_confined" });
await once(api.listen(config.listen), "listening");
let stopping: Promise<void> | undefined;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // `npm start` sends SIGTERM, and then its end does (end-with-parent.ts).
  process.on(signal, () => void (stopping ??= stop()));
}

// Until then it refuses the tokens of a gateway whose clock is as late as allowed.
await sleep(Math.max(0, readyAt - Date.now()));
logEvent({ event: "host_ready", host: config.hostId, publicKey: identity.publicKey });

/** Ends all processes: the next host could not find them. */
async function stop(): Promise<void> {
  await instances.detach();
  await instances.keepLogs();
  const all = await engine.listContainers();
  await Promise.all(all.map(({ containerId }) => engine.removeContainer(containerId)));
  process.exit(0);
}

/** The entries whose package is installed in node_modules, with `files` in place of the container's /tmp. */
async function toInstalledEntries(
  entries: typeof config.catalogue,
  files: string,
): Promise<typeof entries> {
  await mkdir(files, { recursive: true });
  const replaceTmp = (text: string) =>
    text.replaceAll(/(^| )\/tmp\b/g, (_, space) => `${space}${files}`);
  const installed = [...entries]
    .filter(([, entry]) => existsSync(join(PACKAGES, entry.package.name)))
    .map(([id, entry]) => {
      const environment = Object.fromEntries(
        Object.entries(entry.environment).map(([name, value]) => [name, replaceTmp(value)]),
      );
      return [id, { ...entry, command: replaceTmp(entry.command), environment }] as const;
    });
  return new Map(installed);
}
