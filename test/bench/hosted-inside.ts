// The measurements of `hosted.ts`, in the namespaces where the engine's containers are reachable.
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { hostStateDir, readOrCreateGatewayKey } from "../../scripts/data-folder.ts";
import { startLocalHost } from "../../scripts/local-host.ts";
import { manage } from "../../scripts/management-client.ts";
import type { HostedInstance } from "../../workers/contract/hosting/instances.ts";
import { createOpenWorkspace, startLocalGateway } from "../fixtures/local-gateway.ts";
import { median } from "./measure.ts";

const [imageId = "", deployments = "10", seconds = "5"] = process.argv.slice(2);
/** The headers that the gateway sends to a bridge with each call. */
const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
};

const key = await readOrCreateGatewayKey();
const gateway = await startLocalGateway({ MCPNEST_GATEWAY_KEY: JSON.stringify(key) });
const host = await startLocalHost(key, { kind: "docker", images: { servers: { id: imageId } } });
try {
  const { id, url, publicKey } = host;
  await manage(gateway.api, "POST", "/hosts", { id, url, publicKey });
  console.log("| what | measured |\n| --- | --- |");
  await measureDeployments(Number(deployments));
  await measureCalls(Number(seconds) * 1_000);
  await measureDensity(50);
} finally {
  host.process.kill();
  await gateway.stop();
}

/** Time from the API call until the instance is healthy, and until the tools list contains its tools. */
async function measureDeployments(times: number): Promise<void> {
  const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, "deploys", []);
  for (const catalogueId of ["memory", "filesystem", "everything"]) {
    const running: number[] = [];
    const listed: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const startedAt = performance.now();
      const { id } = await deploy("deploys", { catalogueId });
      await untilRunning("deploys", id);
      running.push(performance.now() - startedAt);
      await post(gatewayUrl, token, "tools/list", {});
      listed.push(performance.now() - startedAt);
      await manage(gateway.api, "DELETE", `/workspaces/deploys/instances/${id}`);
    }
    say(
      `${catalogueId}: deployed and healthy, p50 / p95`,
      `${ms(running, 0.5)} / ${ms(running, 0.95)}`,
    );
    say(`${catalogueId}: and in the tools list, p50`, ms(listed, 0.5));
  }
}

/** Sequential calls, alternating between the gateway and the bridge itself; then concurrent calls. */
async function measureCalls(forMs: number): Promise<void> {
  const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, "calls", []);
  const { id } = await deploy("calls", { catalogueId: "everything", profile: "large" });
  await untilRunning("calls", id);
  await post(gatewayUrl, token, "tools/list", {});
  const bridge = await findBridge(id);
  const echo = { name: "echo", arguments: { message: "hello" } };
  const direct: number[] = [];
  const through: number[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    direct.push(await post(bridge.url, bridge.secret, "tools/call", echo, MODERN));
    through.push(await post(gatewayUrl, token, "tools/call", echo));
  }
  const added = median(through) - median(direct);
  say(
    "a call at the bridge / through the gateway, p50",
    `${ms(direct, 0.5)} / ${ms(through, 0.5)}`,
  );
  say("added by the gateway and the host", `${added.toFixed(2)} ms`);

  const slow = { name: "trigger-long-running-operation", arguments: { duration: 0.1, steps: 1 } };
  let calls = 0;
  const dueAt = performance.now() + forMs;
  const one = async () => {
    while (performance.now() < dueAt) {
      await post(gatewayUrl, token, "tools/call", slow);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: 32 }, one));
  say("32 at once of a tool that takes 100 ms", `${Math.round(calls / (forMs / 1_000))} calls/s`);
  await manage(gateway.api, "DELETE", `/workspaces/calls/instances/${id}`);
}

/** Memory of idle small instances. */
async function measureDensity(count: number): Promise<void> {
  const slugs = ["dense-a", "dense-b"];
  for (const slug of slugs) {
    await createOpenWorkspace(gateway.api, slug, []);
    const plan = { plan: "enterprise", maxInstances: count };
    await manage(gateway.api, "PUT", `/workspaces/${slug}/hosting-plan`, plan);
  }
  const startedAt = performance.now();
  const all = Array.from({ length: count }, (_, index) => index);
  for (let i = 0; i < count; i += 5) {
    await Promise.all(
      all.slice(i, i + 5).map(async (index) => {
        const slug = slugs[index % slugs.length] ?? "";
        const { id } = await deploy(slug, { catalogueId: "memory", slug: `memory-${index}` });
        await untilRunning(slug, id);
      }),
    );
  }
  const tookMs = performance.now() - startedAt;
  await sleep(3_000);
  const used = await containersMib();
  say(
    `${count} idle small instances`,
    `${Math.round(used)} MB, up in ${(tookMs / 1_000).toFixed(1)} s`,
  );
  for (const slug of slugs)
    await manage(gateway.api, "DELETE", `/workspaces/${slug}?confirm=${slug}`);
}

async function deploy(slug: string, input: object): Promise<HostedInstance> {
  // The API's responses match its schemas.
  return (await manage(
    gateway.api,
    "POST",
    `/workspaces/${slug}/instances`,
    input,
  )) as HostedInstance;
}

async function untilRunning(slug: string, id: string): Promise<void> {
  for (;;) {
    const path = `/workspaces/${slug}/instances/${id}`;
    const { state, health, reason } = (await manage(gateway.api, "GET", path)) as HostedInstance;
    if (state === "running" && health === "healthy") return;
    if (state === "failed") throw new Error(`${slug}: ${reason?.message}`);
    await sleep(25);
  }
}

/** The address of the instance's bridge and the secret that its host has derived. */
async function findBridge(instanceId: string): Promise<{ url: string; secret: string }> {
  const filters = { label: [`mcpnest.instance=${instanceId}`] };
  const [container] = await new Docker().listContainers({ filters });
  const [network] = Object.values(container?.NetworkSettings.Networks ?? {});
  const identity = JSON.parse(await readFile(join(hostStateDir, "identity.json"), "utf8"));
  const derivation = createHmac("sha256", Buffer.from(identity.derivationKey, "base64"));
  const secret = derivation.update(`bridge\0${instanceId}`).digest("hex");
  return { url: `http://${network?.IPAddress}:8080/mcp`, secret };
}

/** Sends a request and reads the response; returns the time in ms. Throws when the response is not a result. */
async function post(
  url: string,
  token: string,
  method: string,
  params: { name?: string },
  meta?: object,
): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": meta ? "2026-07-28" : "2025-11-25",
      ...(meta ? { "mcp-method": method, "mcp-name": params.name ?? "" } : {}),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method,
      params: { ...params, ...(meta ? { _meta: meta } : {}) },
    }),
  });
  const text = await response.text();
  if (!text.includes('"result"')) throw new Error(`${method}: ${response.status} ${text}`);
  return performance.now() - startedAt;
}

/** Memory (PSS, MiB) of the containers' processes and the engine's shim process of each. */
async function containersMib(): Promise<number> {
  const docker = new Docker();
  const pids = new Set<string>();
  for (const { Id } of await docker.listContainers()) {
    const { Processes } = await docker.getContainer(Id).top({ ps_args: "-eo pid,ppid" });
    for (const pair of Processes) for (const pid of pair) pids.add(String(pid));
  }
  const sizes = await Promise.all(
    [...pids].map((pid) => readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "")),
  );
  const kib = sizes.map((text) => Number(/^Pss: +(\d+)/m.exec(text)?.[1] ?? 0));
  return kib.reduce((sum, size) => sum + size, 0) / 1024;
}

function ms(values: number[], quantile: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
  return `${value >= 100 ? Math.round(value) : value.toFixed(2)} ms`;
}

function say(what: string, measured: string): void {
  console.log(`| ${what} | ${measured} |`);
}
