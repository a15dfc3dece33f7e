// Installs the dependencies if the lockfile has changed since the last installation. Imports only node: modules,
// because it runs before the installation, on Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "node_modules", ".install-stamp");
const stamp = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  console.log("Installing dependencies (npm ci) …");
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  // Suppresses the engine warnings of Node 20: `npm ci` also installs Node 24.
  const { status } = spawnSync(command, [...args, "ci", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: !npm && process.platform === "win32",
  });
  if (status !== 0) {
    console.error("npm ci failed. Its output above shows the reason.");
    process.exit(status ?? 1);
  }
  writeFileSync(stampFile, stamp);
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isBundled = existsSync(
  join(root, "node_modules", `node-${process.platform}-${process.arch}`),
);
if (!isBundled && (major < 22 || (major === 22 && minor < 18))) {
  console.error(
    `mcpnest includes no Node 24 for ${process.platform}-${process.arch}. Install Node 22.18 or newer (this is Node ${process.versions.node}).`,
  );
  process.exit(1);
}
