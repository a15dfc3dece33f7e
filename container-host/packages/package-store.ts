import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { logFailure } from "../../workers/runtime/log.ts";

/** An installation downloads some hundred packages; on a slow network it takes a minute. */
const INSTALL_TIMEOUT_MS = 180_000;
/** Versions that stay on the disk besides those that run: each has some ten megabytes. */
const MAX_KEPT = 20;

/** Why a version of a package cannot be used, as a sentence for an admin. */
export class PackageError extends Error {
  override readonly name = "PackageError";
}

interface Options {
  /** The npm registry, without a slash at the end. */
  registry: string;
  folder: string;
  /** The versions that instances use: they are never deleted. */
  listUsed: () => Iterable<string>;
}

/** A version of a package as the name of its folder. */
export function toFolderName(name: string, version: string): string {
  return `${name.replaceAll("/", "+")}@${version}`;
}

/**
 * Versions of packages that images do not have, installed from the npm registry. npm runs no script of a package, so that
 * its code first runs in a container, which gets the folder read-only.
 */
export class PackageStore {
  readonly #options: Options;
  readonly #installing = new Map<string, Promise<string>>();

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * The folder with the `node_modules` of a version; installs it if it is absent. Concurrent callers share an installation.
   * @throws PackageError
   */
  async ensure(name: string, version: string): Promise<string> {
    const key = toFolderName(name, version);
    const folder = join(this.#options.folder, key);
    if (existsSync(folder)) {
      await utimes(folder, new Date(), new Date());
      return folder;
    }
    const running =
      this.#installing.get(key) ??
      this.#install(name, version, folder).finally(() => this.#installing.delete(key));
    this.#installing.set(key, running);
    return running;
  }

  async #install(name: string, version: string, folder: string): Promise<string> {
    await this.#deleteOld();
    const draft = `${folder}.draft`;
    try {
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft, { recursive: true });
      await writeFile(join(draft, "package.json"), "{}");
      await this.#runNpm(draft, `${name}@${version}`);
      await rename(draft, folder);
      return folder;
    } catch (error) {
      if (error instanceof PackageError) throw error;
      logFailure("package_not_installed", error, { package: name, version });
      throw new PackageError(`${name} ${version} could not be stored: see the host's log.`);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** Without the host's environment: a package's configuration must not read it. */
  async #runNpm(folder: string, spec: string): Promise<void> {
    const options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--save-exact"];
    // Each attempt waits for the registry: an admin sees the failure instead, and can try again.
    const patience = [
      "--fetch-retries=1",
      "--fetch-retry-mintimeout=500",
      "--fetch-retry-maxtimeout=1000",
    ];
    const places = ["--registry", this.#options.registry, "--cache", join(folder, "..", ".npm")];
    // The user of a container reads the files, whatever the host's umask is.
    const script = 'umask 022 && exec npm install "$@"';
    const child = spawn(
      "/bin/sh",
      ["-c", script, "npm", ...options, ...patience, ...places, spec],
      {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: folder, npm_config_userconfig: "/dev/null" },
        stdio: ["ignore", "ignore", "pipe"],
        // npm has processes: all end together.
        detached: true,
      },
    );
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output = `${output}${chunk}`.slice(0, 64 * 1024);
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once("close", resolve);
      child.once("error", () => resolve(null));
    });
    const done = new AbortController();
    const late = sleep(INSTALL_TIMEOUT_MS, "late" as const, { signal: done.signal }).catch(
      () => null,
    );
    const result = await Promise.race([ended, late]);
    done.abort();
    if (result === "late") {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      throw new PackageError(
        `${spec} could not be installed within ${INSTALL_TIMEOUT_MS / 1000} s: the npm registry ${this.#options.registry} may be slow. Try again.`,
      );
    }
    if (result !== 0) throw new PackageError(`${spec} ${describeFailure(output)}`);
  }

  /** Deletes the versions that were used longest ago and that no instance has. */
  async #deleteOld(): Promise<void> {
    const { folder, listUsed } = this.#options;
    await mkdir(folder, { recursive: true });
    const used = new Set(listUsed());
    const names = (await readdir(folder)).filter(
      (name) => name.includes("@") && !name.endsWith(".draft") && !used.has(name),
    );
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
    );
    const old = dated.toSorted((one, other) => other.at - one.at).slice(MAX_KEPT);
    for (const { name } of old) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What npm says, without paths of the host. */
function describeFailure(output: string): string {
  if (/\bnpm: not found\b/.test(output))
    return "cannot be installed: the host has no npm. The operator installs Node with npm there.";
  if (/code (ETARGET|E404)\b/.test(output)) return "is not in the npm registry.";
  const code = /npm (?:error|ERR!) code (\w+)/.exec(output)?.[1];
  const known = code === undefined ? "" : ` (${code})`;
  return `could not be installed from the npm registry${known}: check that the host reaches it, and try again.`;
}
