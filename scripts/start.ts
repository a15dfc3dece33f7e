// npm start: the whole product on 127.0.0.1, with a workspace `demo` and two real servers behind it.
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { connectLines } from "./connect-lines.ts";
import {
  logFile,
  openGatewayKey,
  openSecrets,
  readDevFile,
  readPorts,
  stateDir,
  writeDevFile,
  writePorts,
} from "./data-folder.ts";
import { createDemo, DEMO, moveServers } from "./demo-workspace.ts";
import { startExampleServers, type ExampleServer } from "./example-servers.ts";
import { startRuntime, type Runtime } from "./local-runtime.ts";
import { openSetupLink, manage, type ManagementApi } from "./management-client.ts";
import { isPortFree } from "./ports.ts";
import { buildWorker } from "./worker-bundle.ts";

/** A stop must not take longer than this, whatever hangs. */
const STOP_WITHIN_MS = 2_500;
const MINUTE_MS = 60_000;

const port = Number(process.env["PORT"] ?? 8787);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  fail(`PORT must be a number from 1 to 65535, not "${process.env["PORT"]}".`);
}
if (!(await isPortFree(port))) {
  fail(
    `Port ${port} of 127.0.0.1 is in use. Stop what uses it, or choose another: PORT=${port + 1} npm start`,
  );
}
await start().catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error)),
);

async function start(): Promise<void> {
  const secrets = await openSecrets();
  const gatewayKey = await openGatewayKey();
  const lastPorts = await readPorts();
  const [bundle, servers] = await Promise.all([buildWorker(), startExampleServers(lastPorts)]);
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
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
    },
    onLog: ({ timestamp, level, message }) => {
      log.write(`${new Date(timestamp).toISOString()} ${level} ${message}\n`);
      if (level === "error") console.error(message);
    },
  });
  const children = servers.map((server) => server.process);
  stopOnSignals(runtime, children);
  fireCrons(runtime);
  const api = { apiUrl: `${runtime.url}/api`, operatorKey: secrets.operatorKey };
  await prepareDemo(api, servers, lastPorts);
  // The engine's client takes long to load: everything else is served by now.
  const { startHosting } = await import("./demo-hosting.ts");
  const said = await startHosting(api, gatewayKey, {
    onHost: (host) => children.push(host.process),
    // What ran here last time is started again now, not by the next minute's trigger.
    reconcile: () => runtime.runCrons(new Date()),
  }).catch(
    (error: unknown) => `Hosted servers are off: ${error instanceof Error ? error.message : ""}`,
  );
  console.log(said);
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
  if (!isFirstRun) await moveServers(api, servers, lastPorts);
  const token = isFirstRun ? await createDemo(api, servers) : lastToken;
  // Passkeys belong to a host name: an address has none.
  const dashboardUrl = `http://localhost:${port}`;
  const setupUrl = await openSetupLink(
    { ...api, apiUrl: `${dashboardUrl}/api` },
    lastDev?.setupUrl,
  );
  const gatewayUrl = `${api.apiUrl}/gw/${DEMO}`;
  const links = { dashboardUrl, ...(setupUrl === undefined ? {} : { setupUrl }) };
  const dev = { gatewayUrl, workspace: DEMO, token, ...links, ...api };
  await writePorts(Object.fromEntries(servers.map((server) => [server.slug, server.port])));
  await writeDevFile(dev);
  console.log(connectLines(dev, isFirstRun));
}

/** Cloudflare fires the cron triggers of a deployed Worker; here nobody else does. */
function fireCrons(target: Runtime): void {
  const at = new Date(Math.ceil((Date.now() + 1) / MINUTE_MS) * MINUTE_MS);
  setTimeout(() => {
    target.runCrons(at).catch((error: unknown) => console.error("cron:", error));
    fireCrons(target);
  }, at.getTime() - Date.now());
}

function stopOnSignals(target: Runtime, children: ChildProcess[]): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Miniflare's own handler would end this process before the others are ended.
    process.removeAllListeners(signal);
    process.once(signal, () => {
      setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
      for (const child of children) child.kill();
      void target.stop().finally(() => process.exit(0));
    });
  }
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
