import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { GatewayPrivateKey } from "../workers/contract/hosting/host-protocol.ts";
import { isDemoDeployed, markDemoDeployed } from "./data-folder.ts";
import { DEMO } from "./demo-workspace.ts";
import { ensureImages, findEngine, startLocalHost, type LocalHost } from "./local-host.ts";
import { manage, type ManagementApi } from "./management-client.ts";

const DEMO_SERVERS = [
  { catalogueId: "memory", prefix: "memory" },
  { catalogueId: "filesystem", prefix: "files" },
];
/** `npm start` waits at most this long for the demo's hosted servers. */
const START_TIMEOUT_MS = 60_000;

const Hosts = z.object({ items: z.array(z.object({ id: z.string(), publicKey: z.string() })) });
const Instance = z.object({
  id: z.string(),
  slug: z.string(),
  state: z.string(),
  reason: z.object({ message: z.string() }).nullable(),
});

/**
 * Starts a local container host and registers it; on the first run it also deploys two servers into the workspace
 * `demo`. Returns a sentence about the result for the terminal.
 */
export async function startHosting(
  api: ManagementApi,
  key: GatewayPrivateKey,
  { onHost, reconcile }: { onHost: (host: LocalHost) => void; reconcile: () => Promise<void> },
): Promise<string> {
  const engine = await findEngine();
  if (engine.kind === "none") return `Hosted servers are off. ${engine.reason}`;
  if (engine.kind === "process") warn(engine.warning);
  const host = await startLocalHost(
    key,
    engine.kind === "process"
      ? engine
      : { kind: "docker", images: await ensureImages(announceBuild, warn) },
  );
  onHost(host);
  await registerHost(api, host);
  if (await isDemoDeployed()) {
    await reconcile();
    return "Hosted servers are on.";
  }
  const results = await Promise.all(DEMO_SERVERS.map((input) => deployServer(api, input)));
  await markDemoDeployed();
  return `Hosted servers are on. The workspace "${DEMO}" has two: ${results.join(", ")}.`;
}

function warn(text: string): void {
  console.warn(`Warning: ${text}`);
}

function announceBuild(): void {
  console.log(
    "Building the images for hosted servers. This happens once and takes a minute or two …",
  );
}

/** Updates the host's address, because its port changes with each start. A host with a new key replaces the old one. */
async function registerHost(api: ManagementApi, host: LocalHost): Promise<void> {
  const { id, url, publicKey } = host;
  const { items } = Hosts.parse(await manage(api, "GET", "/hosts"));
  const known = items.find((candidate) => candidate.id === id);
  if (known?.publicKey === publicKey) {
    await manage(api, "PATCH", `/hosts/${id}`, { url });
    return;
  }
  if (known) await manage(api, "DELETE", `/hosts/${id}`);
  await manage(api, "POST", "/hosts", { id, url, publicKey });
}

/** Deploys a server and waits until it runs or fails. Returns its slug and state. */
async function deployServer(api: ManagementApi, input: { catalogueId: string }): Promise<string> {
  const path = `/workspaces/${DEMO}/instances`;
  let instance = Instance.parse(await manage(api, "POST", path, input));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (["pending", "starting"].includes(instance.state) && Date.now() < deadline) {
    await sleep(100);
    instance = Instance.parse(await manage(api, "GET", `${path}/${instance.id}`));
  }
  const reason = instance.reason ? ` (${instance.reason.message})` : "";
  return `${instance.slug} ${instance.state}${reason}`;
}
