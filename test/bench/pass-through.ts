import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { waitForPort } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";

const config = (port: number, upstream: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(
    name = "worker.js",
    esModule = "export default { fetch: (request) => fetch('${upstream}', request) };",
  )],
  compatibilityDate = "2026-10-20",
  globalOutbound = "network",
);
`;

/** The baseline: a Worker on plain workerd that only forwards each request to the upstream. */
export async function startPassThrough(port: number, upstream: string): Promise<ChildProcess> {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  // The package's only export is the path of the binary.
  const { default: workerd } = fromMiniflare("workerd") as { default: string };
  const folder = join(root, ".build", "bench");
  await mkdir(folder, { recursive: true });
  const file = join(folder, "pass-through.capnp");
  await writeFile(file, config(port, upstream));
  const child = spawn(workerd, ["serve", file], { stdio: "inherit" });
  await waitForPort(port);
  return child;
}
