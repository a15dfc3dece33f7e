// npm start: runs the whole product on 127.0.0.1, with a workspace `demo` and two real servers.
import type { ChildProcess } from "node:child_process";
import { formatConnectLines } from "./connect-lines.ts";
import {
  logFile,
  readOrCreateGatewayKey,
  readOrCreateSecrets,
  readDevFile,
  readPorts,
  stateDir,
  writeDevFile,
  writePorts,
} from "./data-folder.ts";
import { createDemo, DEMO, updateServerUrls } from "./demo-workspace.ts";
import { startExampleServers, type ExampleServer } from "./example-servers.ts";
import { startRuntime, type Runtime } from "./local-runtime.ts";
import { LogFile } from "./log-file.ts";
import { findOrCreateSetupLink, manage, type ManagementApi } from "./management-client.ts";
import { printSyncProgress } from "./marketplace-progress.ts";
import { isPortFree } from "./ports.ts";
import { buildWorker, type WorkerBundle } from "./worker-bundle.ts";

/** A signal ends the process after this time at the latest, even if a part hangs. */
const STOP_TIMEOUT_MS = 2_500;
const MINUTE_MS = 60_000;
/** Syncs of the marketplace and hosted servers. The start does not wait for the other triggers. */
const MINUTE_CRON = "* * * * *";

const port = Number(process.env["PORT"] ?? 8787);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  fail(`PORT must be a number from 1 to 65535, not "${process.env["PORT"]}".`);
}
if (!(await isPortFree(port))) {
  fail(
    `Port ${port} of 127.0.0.1 is in use. Stop the program that uses it, or choose another port: PORT=${port + 1} npm start`,
  );
}
await start().catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error)),
);

async function start(): Promise<void> {
  const secrets = await readOrCreateSecrets();
  const gatewayKey = await readOrCreateGatewayKey();
  const lastPorts = await readPorts();
  const [bundle, servers] = await Promise.all([buildWorker(), startExampleServers(lastPorts)]);
  const log = new LogFile(logFile);
  const {
    MARKETPLACE_PUBLIC,
    MARKETPLACE_PROBES = "public",
    GITHUB_TOKEN,
    GITHUB_OAUTH_CLIENT,
  } = process.env;
  const children = servers.map((server) => server.process);
  const runtime = await startRuntime({
    bundle,
    port,
    stateDir,
    bindings: {
      MCPNEST_OPERATOR_KEY: secrets.operatorKey,
      MCPNEST_MASTER_KEYS: secrets.masterKeys,
      MCPNEST_GATEWAY_KEY: JSON.stringify(gatewayKey),
      ALLOWED_HOSTS: `127.0.0.1:${port},localhost:${port}`,
      CLIENT_ADDRESS_HEADER: "",
      ALLOW_PRIVATE_UPSTREAMS: "true",
      ...readServices(bundle),
      MARKETPLACE_PROBES,
      ...(MARKETPLACE_PUBLIC !== undefined && { MARKETPLACE_PUBLIC }),
      ...(GITHUB_TOKEN !== undefined && { GITHUB_TOKEN }),
      ...readGenerator(),
      ...(GITHUB_OAUTH_CLIENT !== undefined && { GITHUB_OAUTH_CLIENT }),
    },
    onLog: ({ timestamp, level, message }) => {
      log.write(`${new Date(timestamp).toISOString()} ${level} ${message}\n`);
      if (level === "error") console.error(message);
    },
    onServing: (serving) => stopOnSignals(serving, children),
  });
  scheduleCrons(runtime);
  const api = { apiUrl: `${runtime.url}/api`, operatorKey: secrets.operatorKey };
  await prepareDemo(api, servers, lastPorts);
  void syncMarketplace(runtime, api, log);
  // Loaded last, because the engine's client takes long to load; the rest is already served.
  const { startHosting } = await import("./demo-hosting.ts");
  const hostingStatus = await startHosting(api, gatewayKey, {
    onHost: (host) => children.push(host.process),
    // Restarts the hosted servers of the last run now, instead of at the next minute's trigger.
    reconcile: () => runtime.runCrons(new Date(), MINUTE_CRON),
  }).catch(
    (error: unknown) =>
      `Hosted servers are off. ${error instanceof Error ? error.message : String(error)}`,
  );
  console.log(hostingStatus);
}

/** The addresses of the marketplace's services: of the environment, or those of wrangler.toml. */
function readServices({ workerOptions: { bindings } }: WorkerBundle): Record<string, string> {
  const names = ["REGISTRY", "GITHUB", "NPM", "PYPI", "READMES", "PUBLISHING"].map(
    (service) => `MARKETPLACE_${service}`,
  );
  return Object.fromEntries(
    names.map((name) => {
      const address = process.env[name] ?? bindings?.[name];
      return [name, typeof address === "string" ? address : ""];
    }),
  );
}

/** The settings of the workshop's generator that the environment has. */
function readGenerator(): Record<string, string> {
  const names = ["API_KEY", "MODEL", "BASE_URL"].map((name) => `ANTHROPIC_${name}`);
  return Object.fromEntries(
    [...names, "GENERATED_SERVERS_PER_DAY"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function prepareDemo(
  api: ManagementApi,
  servers: ExampleServer[],
  lastPorts: Record<string, number>,
): Promise<void> {
  const lastDev = await readDevFile();
  const lastToken = lastDev?.token;
  const isFirstRun =
    lastToken === undefined || (await manage(api, "GET", `/workspaces/${DEMO}`)) === undefined;
  if (!isFirstRun) await updateServerUrls(api, servers, lastPorts);
  const token = isFirstRun ? await createDemo(api, servers) : lastToken;
  // Passkeys need a host name and do not work on an IP address.
  const dashboardUrl = `http://localhost:${port}`;
  const setupUrl = await findOrCreateSetupLink(
    { ...api, apiUrl: `${dashboardUrl}/api` },
    lastDev?.setupUrl,
  );
  const gatewayUrl = `${api.apiUrl}/gw/${DEMO}`;
  const links = { dashboardUrl, ...(setupUrl === undefined ? {} : { setupUrl }) };
  const dev = { gatewayUrl, workspace: DEMO, token, ...links, ...api };
  await writePorts(Object.fromEntries(servers.map((server) => [server.slug, server.port])));
  await writeDevFile(dev);
  console.log(formatConnectLines(dev, isFirstRun));
}

/** Begins a sync that is due, and prints its progress. What is stored is served meanwhile. */
async function syncMarketplace(runtime: Runtime, api: ManagementApi, log: LogFile) {
  try {
    await runtime.runCrons(new Date(), MINUTE_CRON);
    await printSyncProgress(api, (line) => console.log(line));
  } catch (error) {
    // Not in the terminal: the stop is the usual cause, and every hour there is another sync.
    log.write(`marketplace: ${String(error)}\n`);
  }
}

/** Fires cron triggers every minute, as Cloudflare does for a deployed Worker. */
function scheduleCrons(target: Runtime): void {
  const at = new Date(Math.ceil((Date.now() + 1) / MINUTE_MS) * MINUTE_MS);
  setTimeout(() => {
    target.runCrons(at).catch((error: unknown) => console.error("cron:", error));
    scheduleCrons(target);
  }, at.getTime() - Date.now());
}

function stopOnSignals(target: Runtime, children: ChildProcess[]): void {
  // After the gateway, because calls in flight need the servers.
  const exit = (code: number) => {
    for (const child of children) child.kill();
    process.exit(code);
  };
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    setTimeout(() => exit(1), STOP_TIMEOUT_MS).unref();
    await target.stop().catch((error: unknown) => console.error("stop:", error));
    exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Miniflare's handler would end this process before its child processes.
    process.removeAllListeners(signal);
    // Ctrl-C in a terminal arrives twice: from the terminal, and from npm.
    process.on(signal, () => void (stopping ??= stop()));
  }
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
