import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../../scripts/worker-bundle.ts";

const execute = promisify(execFile);

/** The program as npm installs it: `npm pack`, unpacked in a folder without other packages. */
export interface PackedClient {
  program: string;
  /** What is in the package. */
  files: string[];
  remove(): Promise<void>;
}

/** Packs it, which builds it. */
export async function packRegistryClient(): Promise<PackedClient> {
  const folder = await mkdtemp(join(tmpdir(), "mcpnest-packed-"));
  const cwd = join(root, "registry-client");
  const args = ["pack", "--json", "--pack-destination", folder];
  const { stdout } = await execute("npm", args, {
    cwd,
    env: { ...process.env, npm_config_cache: join(folder, "cache") },
  });
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  const [{ filename, files }] = Object.values(
    packed as Record<string, { filename: string; files: { path: string }[] }>,
  ) as [{ filename: string; files: { path: string }[] }];
  await execute("tar", ["-xzf", join(folder, filename), "-C", folder]);
  const manifest = JSON.parse(await readFile(join(folder, "package", "package.json"), "utf8"));
  return {
    program: join(folder, "package", manifest.bin["mcpnest-registry-client"]),
    files: files.map(({ path }) => path).toSorted(),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** A person's home folder, in which the program runs. */
export class Home {
  readonly folder: string;
  readonly #program: string;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.folder = folder;
  }

  /** Makes it with these files, by their paths in it. */
  static async make(program: string, files: Record<string, string> = {}): Promise<Home> {
    const home = new Home(program, await mkdtemp(join(tmpdir(), "mcpnest-home-")));
    for (const [path, text] of Object.entries(files)) await home.write(path, text);
    return home;
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), "utf8");
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a file
  async readJson(path: string): Promise<any> {
    return JSON.parse(await this.read(path));
  }

  /** Runs the program; variables of this process do not reach it. */
  run(args: string[], env: Record<string, string> = {}) {
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const options = {
        env: { PATH: process.env["PATH"], HOME: this.folder, ...env },
        cwd: this.folder,
      };
      execFile(process.execPath, [this.#program, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  }
}
