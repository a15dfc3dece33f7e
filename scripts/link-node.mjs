// Links node_modules/.bin/node to the installed Node 24. npm scripts put node_modules/.bin first in their PATH and so
// run on it. npm 11 makes this link; npm 10 does not if several packages declare the same bin.
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules");
const bundled = join(modules, `node-${process.platform}-${process.arch}`, "bin", "node");
const link = join(modules, ".bin", "node");
if (process.platform !== "win32" && existsSync(bundled)) {
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(bundled, link);
}
