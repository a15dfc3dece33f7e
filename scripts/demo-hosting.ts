import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isDemoDeployed, markDemoDeployed, type GatewayKey } from "./data-folder.ts";
import { DEMO } from "./demo-workspace.ts";
import { ensureImage, findEngine, startLocalHost, type LocalHost } from "./local-host.ts";
import { manage, type ManagementApi } from "./management-client.ts";

const DEMO_SERVERS = [
  { catalogueId: "memory", prefix: "memory" },
  { catalogueId: "filesystem", prefix: "files" },
];
const RUNNING_WITHIN_MS = 60_000;

const Hosts = z.object({ items: z.array(z.object({ id: z.string(), publicKey: z.string() })) });
const Instance = z.object({
  id: z.string(),
  slug: z.string(),
  state: z.string(),
  reason: z.object({ message: z.string() }).nullable(),
});

/** Brings up a container host beside the local gateway, with two servers in the workspace `demo`; says what became of it. */
export async function startHosting(
  api: ManagementApi,
  key: GatewayKey,
  { onHost, reconcile }: { onHost: (host: LocalHost) => void; reconcile: () => Promise<void> },
): Promise<string> {
  const engine = await findEngine();
  if (engine.kind === "none") return `Hosted servers are off. ${engine.reason}`;
  if (engine.kind === "process") console.warn(`Warning: ${engine.warning}`);
  const host = await startLocalHost(
    key,
    engine.kind === "process"
      ? engine
      : { kind: "docker", imageId: await ensureImage(announceBuild) },
  );
  onHost(host);
  await register(api, host);
  if (await isDemoDeployed()) {
    await reconcile();
    return "Hosted servers are on.";
  }
  const results = await Promise.all(DEMO_SERVERS.map((input) => deploy(api, input)));
  await markDemoDeployed();
  return `Hosted servers are on, with two in the workspace "${DEMO}": ${results.join(", ")}.`;
}

function announceBuild(): void {
  console.log("Hosted servers: building their image, once; this takes a minute or two …");
}

/** The host listens on another port each time; one with another key is another host. */
async function register(api: ManagementApi, host: LocalHost): Promise<void> {
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

async function deploy(api: ManagementApi, input: { catalogueId: string }): Promise<string> {
  const path = `/workspaces/${DEMO}/instances`;
  let instance = Instance.parse(await manage(api, "POST", path, input));
  const deadline = Date.now() + RUNNING_WITHIN_MS;
  while (["pending", "starting"].includes(instance.state) && Date.now() < deadline) {
    await sleep(100);
    instance = Instance.parse(await manage(api, "GET", `${path}/${instance.id}`));
  }
  const why = instance.reason ? ` (${instance.reason.message})` : "";
  return `${instance.slug} ${instance.state}${why}`;
}
