// npm run bench:hosted: measures hosted servers in a private Docker engine in separate namespaces. `-- <deployments of
// each server> <seconds per measure>`, default 10 and 5. Needs root, Linux, and the image mcpnest-servers.
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PrivateEngine } from "../node/container-host/private-engine.ts";

const engine = await PrivateEngine.open();
try {
  const imageId = await engine.copyImage("mcpnest-servers");
  const data = join(engine.folder, "mcpnest");
  await mkdir(data);
  const inside = fileURLToPath(new URL("hosted-inside.ts", import.meta.url));
  const child = engine.spawn(process.execPath, [inside, imageId, ...process.argv.slice(2)], {
    ...process.env,
    DOCKER_HOST: `unix://${engine.socket}`,
    MCPNEST_DATA: data,
    MARKETPLACE_REGISTRY: "",
    MARKETPLACE_GITHUB: "",
    MARKETPLACE_NPM: "",
    MARKETPLACE_PYPI: "",
    MARKETPLACE_READMES: "",
  });
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);
  const [code] = await once(child, "exit");
  process.exitCode = Number(code);
} finally {
  await engine.close();
}
