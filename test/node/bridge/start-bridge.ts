import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../../bridge/main.ts", import.meta.url));
const require = createRequire(import.meta.url);

/** Commands of the servers that the tests use. */
export const SERVERS = {
  everything: `node ${require.resolve("@modelcontextprotocol/server-everything/dist/index.js")} stdio`,
  memory: `node ${require.resolve("@modelcontextprotocol/server-memory/dist/index.js")}`,
  filesystem: (folder: string) =>
    `node ${require.resolve("@modelcontextprotocol/server-filesystem/dist/index.js")} '${folder}'`,
  conformance: `node ${fileURLToPath(new URL("conformance-server.ts", import.meta.url))}`,
  tasks: `node ${fileURLToPath(new URL("tasks-server.ts", import.meta.url))}`,
  odd: `node ${fileURLToPath(new URL("odd-server.ts", import.meta.url))}`,
  deviating: (deviation: string) =>
    `node ${fileURLToPath(new URL("deviating-server.ts", import.meta.url))} ${deviation}`,
};

/** Environment, handover and working directory of a bridge. */
export interface BridgeOptions {
  env?: Record<string, string>;
  /** The handover line; the bridge waits for it. */
  handover?: string;
  cwd?: string;
}

/** A bridge that is ready, with calls to its plain JSON routes. */
export interface RunningBridge {
  url: string;
  pid: number;
  /** Standard error so far. */
  log(): string;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
  stop(): Promise<number | null>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** A tool's result over `POST /tools/call`, or the error. */
  call(name: string, args?: Record<string, unknown>): Promise<unknown>;
  /** The first text of a tool's result. */
  callText(name: string, args?: Record<string, unknown>): Promise<string>;
}

/** Starts a bridge and waits until it is ready; throws its log when it exits before. The test's end stops it. */
export async function startBridge(
  command: string,
  options: BridgeOptions = {},
): Promise<RunningBridge> {
  const bridge = launchBridge(command, options);
  const address = await bridge.ready;
  if (address === null)
    throw new Error(`the bridge ended with ${await bridge.exited}:\n${bridge.log()}`);
  const { log, exited } = bridge;
  const url = `http://${address}`;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<unknown> =>
    (await post("/tools/call", { name, arguments: args })).json();
  const callText = async (name: string, args?: Record<string, unknown>): Promise<string> => {
    const result = JSON.stringify(await call(name, args));
    const text = /"text":("(?:[^"\\]|\\.)*")/.exec(result)?.[1];
    if (text === undefined) throw new Error(`no text in ${result}`);
    return String(JSON.parse(text));
  };
  return { url, pid: bridge.pid, log, exited, stop: bridge.stop, post, call, callText };
}

/** Starts a bridge. `ready` is its address; null: it exited first. The test's end stops it. */
export function launchBridge(command: string, { env = {}, handover, cwd }: BridgeOptions = {}) {
  const child = spawn(process.execPath, [program], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      PORT: "0",
      MCP_COMMAND: command,
      ...(handover === undefined ? {} : { MCP_HANDOVER: "stdin" }),
      ...env,
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  if (handover !== undefined) child.stdin.write(handover);
  let log = "";
  const exited = once(child, "exit").then(([code]) => code as number | null); // the first argument of "exit"
  const ready = new Promise<string | null>((resolve) => {
    child.stderr.on("data", (chunk) => {
      log += String(chunk);
      const address = /^bridge: ready on http:\/\/(\S+)/m.exec(log)?.[1];
      if (address !== undefined) resolve(address.replace("0.0.0.0", "127.0.0.1"));
    });
    child.stderr.on("close", () => resolve(null));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    return exited;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { pid: child.pid ?? -1, log: () => log, exited, ready, stop };
}
