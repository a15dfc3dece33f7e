import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort, isPortFree, waitForPort } from "./ports.ts";
import { root } from "./worker-bundle.ts";

const program = join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
const preload = fileURLToPath(new URL("loopback-only.mjs", import.meta.url));
const SERVERS = [
  { slug: "everything", mode: "streamableHttp", path: "/mcp" },
  { slug: "everything-sse", mode: "sse", path: "/sse" },
];

/** A running example server. */
export interface ExampleServer {
  slug: string;
  port: number;
  url: string;
  process: ChildProcess;
}

/** Starts the reference server with each transport. Uses the ports of the last run if they are free. */
export async function startExampleServers(
  lastPorts: Record<string, number>,
): Promise<ExampleServer[]> {
  return Promise.all(
    SERVERS.map(async ({ slug, mode, path }) => {
      const lastPort = lastPorts[slug];
      const port =
        lastPort !== undefined && (await isPortFree(lastPort)) ? lastPort : await findFreePort();
      const child = spawn(process.execPath, ["--import", preload, program, mode], {
        env: { PORT: String(port) },
        stdio: ["pipe", "ignore", "ignore"],
      });
      await waitForPort(port);
      return { slug, port, url: `http://127.0.0.1:${port}${path}`, process: child };
    }),
  );
}
