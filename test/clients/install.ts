import { execFile } from "node:child_process";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../scripts/worker-bundle.ts";
import type { ClientBase } from "./client.ts";

/** The version in `name@version`. */
export function toVersion(specifier: string): string {
  return specifier.slice(specifier.lastIndexOf("@") + 1);
}

/** The folder of an installed client: `.build/clients/<package>-<version>`. */
export function toFolder({ packages: [client = ""] }: Pick<ClientBase, "packages">): string {
  const name = client.replace(/^@/, "").replaceAll(/[/@]/g, "-");
  return join(root, ".build/clients", name);
}

/** Installs the client's packages with npm, unless they are installed. This is the only step that uses the network. */
export async function install(client: Pick<ClientBase, "packages" | "scripts">): Promise<void> {
  const folder = toFolder(client);
  if (await exists(join(folder, "package.json"))) return;
  // An interrupted installation leaves no folder that looks complete.
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const allowScripts = Object.fromEntries((client.scripts ?? []).map((name) => [name, true]));
  await writeFile(
    join(unfinished, "package.json"),
    JSON.stringify({ private: true, type: "module", allowScripts }),
  );
  console.log(`npm install ${client.packages.join(" ")}`);
  const args = ["install", "--no-audit", "--no-fund", "--save-exact", ...client.packages];
  await promisify(execFile)("npm", args, { cwd: unfinished });
  await rename(unfinished, folder);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
