import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";
import type { OwnEndpoint, RealServer } from "./servers.ts";

/** Where a client connects. */
export type Target =
  | {
      transport: "stdio";
      command: string;
      args: string[];
      env: Record<string, string>;
      cwd: string;
    }
  | { transport: OwnEndpoint["transport"]; url: string; headers: Record<string, string> };

/** A server that runs, or that each client starts by itself (stdio). */
export interface StartedServer {
  /** For a client without the gateway. */
  direct: Target;
  /** For the gateway. */
  url: string;
  headers: Record<string, string>;
  /** Replaces the placeholders in a value of the table. */
  fill: <T>(value: T) => T;
  stop(): Promise<void>;
}

const bridge = join(root, "bridge/main.ts");
const preload = fileURLToPath(new URL("contained.mjs", import.meta.url));
/** A server that does not end by itself is killed after this time. */
const STOP_TIMEOUT_MS = 8_000;
/** Programs that are not Node's ignore the preload, but use a proxy; nothing listens on this port. */
const NO_NETWORK = {
  HTTPS_PROXY: "http://127.0.0.1:9",
  HTTP_PROXY: "http://127.0.0.1:9",
  NO_PROXY: "127.0.0.1,localhost",
};
/** Variables that servers and their libraries read before they send statistics. */
const NO_STATISTICS = { DO_NOT_TRACK: "1", AZURE_MCP_COLLECT_TELEMETRY: "false" };

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill();
});

/** Installs the package in its version, without install scripts, unless it is in the cache. Returns its folder. */
async function installServer(server: RealServer): Promise<string> {
  const name = server.package.replaceAll("@", "").replaceAll("/", "-");
  const folder = join(root, ".build/servers", `${name}-${server.version}`);
  const installed = join(folder, "node_modules", server.package);
  if (existsSync(installed)) return installed;
  await mkdir(join(root, ".build/servers"), { recursive: true });
  const installing = await mkdtemp(`${folder}-installing-`);
  try {
    await writeFile(join(installing, "package.json"), '{"private":true}');
    const wanted = `${server.package}@${server.version}`;
    const npm = spawn("npm", ["install", "--ignore-scripts", "--loglevel=error", wanted], {
      cwd: installing,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    const [code] = await once(npm, "exit");
    if (code !== 0) throw new Error(`npm cannot install ${wanted}`);
    await rename(installing, folder);
  } finally {
    await rm(installing, { recursive: true, force: true });
  }
  return installed;
}

/** Starts the server with its endpoint, or behind a bridge, with a folder for its data that `stop` deletes. */
export async function startServer(server: RealServer, chromium: string): Promise<StartedServer> {
  const installed = await installServer(server);
  const folder = await realpath(await mkdtemp(join(tmpdir(), `mcpnest-${server.name}-`)));
  const port = await findFreePort();
  const fill = makeFill({ port: String(port), folder, chromium });
  const own = { ...NO_STATISTICS, ...fill(server.env ?? {}) };
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, ...NO_NETWORK, ...own };
  const args = ["--import", preload, join(installed, server.program), ...fill(server.args ?? [])];
  const { endpoint } = server;
  const child = endpoint
    ? start(args, env, folder)
    : start([bridge, process.execPath, ...args], { ...env, ...bridgeEnv(port, own) }, folder);
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const ready = endpoint ? waitForPort(port) : waitForBridge(port);
  await waitUntilReady(child, ready).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const headers = endpoint?.headers ?? {};
  const url = `http://127.0.0.1:${port}${endpoint?.path ?? "/mcp"}`;
  const direct: Target = endpoint
    ? { transport: endpoint.transport, url, headers }
    : { transport: "stdio", command: process.execPath, args, env, cwd: folder };
  return { direct, url, headers, fill, stop };
}

const bridgeEnv = (port: number, own: Record<string, string>) => ({
  PORT: String(port),
  MCP_ENV: Object.keys(own).join(","),
});

/** A running program with the end of its output. */
type LoggedProcess = ChildProcess & { lastOutput: string };

function start(args: string[], env: Record<string, string>, cwd: string): LoggedProcess {
  const child = spawn(process.execPath, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const logged: LoggedProcess = Object.assign(child, { lastOutput: "" });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      logged.lastOutput = (logged.lastOutput + String(chunk)).slice(-2_000);
    });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return logged;
}

/** Waits until the server behind the bridge has answered its handshake; if it does not, the bridge exits. */
async function waitForBridge(port: number): Promise<void> {
  await waitForPort(port);
  for (let isReady = false; !isReady; await sleep(100)) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    isReady = health?.ok === true;
  }
}

async function waitUntilReady(child: LoggedProcess, ready: Promise<void>): Promise<void> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the server ended with ${String(code)}:\n${child.lastOutput}`);
  });
  ended.catch(() => {
    // A server that ends after it was ready ended because it was stopped.
  });
  await Promise.race([ready, ended]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  if ((await Promise.race([exited, sleep(STOP_TIMEOUT_MS, null)])) !== null) return;
  child.kill("SIGKILL");
  await exited;
}

/** A function that replaces `{name}` in every string of a JSON value. */
function makeFill(values: Record<string, string>): <T>(value: T) => T {
  return (value) =>
    JSON.parse(JSON.stringify(value), (_key, member: unknown) =>
      typeof member === "string"
        ? member.replaceAll(
            /\{(port|folder|chromium)\}/g,
            (whole, name: string) => values[name] ?? whole,
          )
        : member,
    );
}
