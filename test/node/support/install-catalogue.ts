import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { root } from "../../../scripts/worker-bundle.ts";

const IMAGE = join(root, "bridge/image");
const BUILD = join(root, ".build");

/**
 * Installs the packages of the image from its lockfile, while other tests run: without npm's cache it takes minutes.
 * The folder is kept until the lockfile changes. Tests wait until it exists.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const lockfile = await readFile(join(IMAGE, "package-lock.json"));
  const hash = createHash("sha256").update(lockfile).digest("hex").slice(0, 16);
  const folder = join(BUILD, `catalogue-${hash}`);
  project.provide("catalogueFolder", folder);
  if (existsSync(folder)) return undefined;
  const installing = await copyPackage();
  const npm = spawn("npm", ["ci", "--ignore-scripts", "--loglevel=error"], {
    cwd: installing,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  const exited = new Promise<void>((resolve) =>
    npm.once("exit", (code) => {
      if (code === 0) void rename(installing, folder).then(resolve);
      else resolve();
    }),
  );
  return async () => {
    // A run of a few tests can end before the installation.
    if (npm.exitCode === null) npm.kill();
    await exited;
    await rm(installing, { recursive: true, force: true });
  };
}

async function copyPackage(): Promise<string> {
  await mkdir(BUILD, { recursive: true });
  const folder = await mkdtemp(join(BUILD, "catalogue-installing-"));
  for (const file of ["package.json", "package-lock.json", ".npmrc", "servers"])
    await cp(join(IMAGE, file), join(folder, file), { recursive: true });
  return folder;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of the installed packages of the image; it does not exist while they are being installed. */
    catalogueFolder: string;
  }
}
