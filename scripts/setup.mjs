// Installs the dependencies if the lockfile has changed since the last installation. Imports only node: modules,
// because it runs before the installation, on Node 18 (Debian 12) or newer.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The npm that installs the dependencies if this Node is old. */
const NPM = "npm@11.21.0";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "node_modules", ".install-stamp");
const stamp = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

/**
 * Runs npm on this Node or on another; ends this process if npm fails.
 *
 * @param {string[]} args
 * @param {{ node?: string, npm?: string | undefined }} [program]
 */
function runNpm(args, { node = process.execPath, npm = process.env.npm_execpath } = {}) {
  const [command, first] = npm ? [node, [npm]] : ["npm", []];
  const PATH = [join(node, ".."), process.env.PATH].join(delimiter);
  // Suppresses the engine warnings of old versions: the installation includes Node 24.
  const { status } = spawnSync(command, [...first, ...args, "--loglevel=error"], {
    cwd: root,
    env: { ...process.env, PATH },
    stdio: ["ignore", "inherit", "inherit"],
    shell: !npm && process.platform === "win32",
  });
  if (status === 0) return;
  console.error(`npm ${args[0]} failed. Its output above shows the reason.`);
  process.exit(status ?? 1);
}

/** npm leaves out optional packages that need a newer Node than its own: Node 24 and its npm do the installation. */
function installWithNode24() {
  const name = `node-${process.platform}-${process.arch}`;
  const { optionalDependencies } =
    /** @type {{ optionalDependencies: Record<string, string> }} */
    (JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const version = optionalDependencies[name];
  // The check below says what to do on a platform without Node 24.
  if (version === undefined) return runNpm(["ci"]);
  const folder = mkdtempSync(join(tmpdir(), "mcpnest-setup-"));
  try {
    const packages = [`${name}@${version}`, NPM];
    runNpm(["install", "--no-save", "--no-package-lock", "--prefix", folder, ...packages]);
    const node = join(folder, "node_modules", name, "bin", "node");
    runNpm(["ci"], { node, npm: join(folder, "node_modules", "npm", "bin", "npm-cli.js") });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
// Optional packages, such as those of Vite, need 20.19, 22.12 or newer.
const isOld = major < 23 && !(major === 20 && minor >= 19) && !(major === 22 && minor >= 12);
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  console.log("Installing dependencies (npm ci) …");
  if (isOld) installWithNode24();
  else runNpm(["ci"]);
  writeFileSync(stampFile, stamp);
}

const isBundled = existsSync(
  join(root, "node_modules", `node-${process.platform}-${process.arch}`),
);
if (!isBundled && (major < 22 || (major === 22 && minor < 18))) {
  console.error(
    `mcpnest includes no Node 24 for ${process.platform}-${process.arch}. Install Node 22.18 or newer (this is Node ${process.versions.node}).`,
  );
  process.exit(1);
}
