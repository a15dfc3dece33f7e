import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startExampleServers } from "../../scripts/example-servers.ts";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { startLocalGateway } from "../fixtures/local-gateway.ts";
import type { Eras } from "./fixture/eras.ts";
import type { Stage } from "./legs.ts";

const program = fileURLToPath(new URL("fixture/serve.ts", import.meta.url));

/** Starts the gateway and all servers, once for all legs. */
export async function openStage(): Promise<Stage & { close(): Promise<void> }> {
  const [gateway, legacy, stateless, modern, both, examples] = await Promise.all([
    startLocalGateway(),
    startFixture("legacy"),
    startFixture("legacy-stateless"),
    startFixture("modern"),
    startFixture("both"),
    startExampleServers({}),
  ]);
  return {
    api: gateway.api,
    fixtures: { legacy: legacy.url, "legacy-stateless": stateless.url, modern: modern.url },
    // The second fixture has the same resource URIs: the first server's resources are read.
    second: { slug: "second", url: both.url },
    examples: examples.map(({ slug, url }) => ({ slug, url })),
    async close() {
      for (const server of [legacy, stateless, modern, both, ...examples]) server.process.kill();
      await gateway.stop();
    },
  };
}

async function startFixture(eras: Eras): Promise<{ url: string; process: ChildProcess }> {
  const port = await findFreePort();
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: String(port), ERA: eras },
    stdio: ["pipe", "ignore", "inherit"],
  });
  await waitForPort(port);
  return { url: `http://127.0.0.1:${port}/mcp`, process: child };
}
