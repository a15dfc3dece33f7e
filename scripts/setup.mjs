// Installs the dependencies when the lockfile is not the one that was installed last. Runs before anything is
// installed and on Node 20, so it imports nothing but node: modules.
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
  // A fresh `npm ci` warns about engines on Node 20; Node 24 is among what it installs.
  const { status } = spawnSync(command, [...args, "ci", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: !npm && process.platform === "win32",
  });
  if (status !== 0) {
    console.error("npm ci failed; what it printed above says why.");
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
    `No Node 24 comes along for ${process.platform}-${process.arch}: install Node 22.18 or newer (this is ${process.versions.node}).`,
  );
  process.exit(1);
}
