// npm 10 leaves node_modules/.bin/node unlinked when several packages declare the same bin; npm 11 links it.
// Every npm script puts node_modules/.bin first in its PATH, so this link is what makes them all run on Node 24.
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
