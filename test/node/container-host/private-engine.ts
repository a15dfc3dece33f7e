import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { buildSync } from "esbuild";
import { root } from "../../../scripts/worker-bundle.ts";
import { makeSyscallProgram, SYSCALLS } from "./syscall-program.ts";

/** Public address of the namespace that represents the internet. */
export const INTERNET = "93.184.215.14";
/** The host's public address. */
export const HOST_OUTSIDE = "93.184.215.1";
/** Address of a cloud's metadata service. */
export const METADATA = "169.254.169.254";
/** A host name that resolves to `INTERNET`. */
export const ALLOWED_NAME = "api.allowed.example";

/**
 * A Docker engine for one test file, in separate namespaces: the machine's firewall, bridges and mounts are not
 * touched. A second network namespace represents the internet and a neighbour.
 */
export class PrivateEngine {
  readonly folder: string;
  readonly docker: Docker;
  readonly socket: string;
  imageId = "";
  readonly #outside: ChildProcess;
  readonly #inside: ChildProcess;
  #dockerd: ChildProcess | null = null;

  private constructor(folder: string, inside: ChildProcess, outside: ChildProcess) {
    this.folder = folder;
    this.socket = join(folder, "docker.sock");
    this.docker = new Docker({ socketPath: this.socket });
    this.#inside = inside;
    this.#outside = outside;
  }

  static async open(): Promise<PrivateEngine> {
    const folder = await mkdtemp(join(tmpdir(), "mcpnest-engine-"));
    const hosts = join(folder, "hosts");
    await writeFile(
      hosts,
      `127.0.0.1 localhost\n${INTERNET} ${ALLOWED_NAME} db.example\n10.9.9.9 inward.example\n`,
    );
    const inside = await startHolder(["unshare", "--net", "--mount", "sleep", "infinity"]);
    const outside = await startHolder(["unshare", "--net", "sleep", "infinity"]);
    const engine = new PrivateEngine(folder, inside, outside);
    const insideSetup = `ip link set lo up
      mount --bind ${hosts} /etc/hosts
      ip link add out0 type veth peer name in0 netns ${outside.pid}
      ip addr add ${HOST_OUTSIDE}/24 dev out0
      ip link set out0 up
      ip route add default via ${INTERNET}
      echo 1 > /proc/sys/net/ipv4/ip_forward`;
    engine.run("sh", ["-ec", insideSetup]);
    const outsideSetup = `ip link set lo up
      ip addr add ${INTERNET}/24 dev in0
      ip link set in0 up
      ip addr add ${METADATA}/32 dev lo
      ip route add 10.0.0.0/8 via ${HOST_OUTSIDE}`;
    engine.runOutside("sh", ["-ec", outsideSetup]);
    await engine.start();
    engine.imageId = await engine.#importImage();
    return engine;
  }

  /** Runs a command in the engine's namespaces and returns its output. */
  run(command: string, args: string[]): string {
    return execFileSync("nsenter", [...this.#enter(this.#inside, "-m"), command, ...args], TEXT);
  }

  runOutside(command: string, args: string[]): string {
    return execFileSync("nsenter", [...this.#enter(this.#outside), command, ...args], TEXT);
  }

  spawn(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    return spawn("nsenter", [...this.#enter(this.#inside, "-m"), command, ...args], { env });
  }

  spawnOutside(command: string, args: string[]): ChildProcess {
    return spawn("nsenter", [...this.#enter(this.#outside), command, ...args]);
  }

  /** Copies an image from the machine's engine; returns its id. */
  async copyImage(name: string): Promise<string> {
    const image = new Docker().getImage(name);
    const { Id } = await image.inspect();
    const progress = await this.docker.loadImage(await image.get());
    progress.resume();
    await finished(progress);
    return Id;
  }

  async start({ liveRestore = true } = {}): Promise<void> {
    const { folder } = this;
    const places = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")];
    const options = ["-H", `unix://${this.socket}`, "--pidfile", join(folder, "dockerd.pid")];
    if (liveRestore) options.push("--live-restore");
    this.#dockerd = this.spawn("dockerd", [...options, ...places]);
    let output = "";
    this.#dockerd.stderr?.on("data", (chunk) => {
      output = `${output}${chunk}`.slice(-4_000);
    });
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (await this.docker.ping().catch(() => null)) return;
      if (this.#dockerd.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`dockerd does not respond:\n${output}`);
  }

  /** Ends dockerd and waits until its containerd has ended too. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const dockerd = this.#dockerd;
    if (!dockerd || dockerd.exitCode !== null || dockerd.signalCode !== null) return;
    const containerd = await this.#containerdPid();
    const ended = new Promise((resolve) => dockerd.once("exit", resolve));
    dockerd.kill(signal);
    await ended;
    while (containerd !== null && existsSync(`/proc/${containerd}`)) await sleep(20);
    await rm(join(this.folder, "dockerd.pid"), { force: true });
  }

  /** Simulates a power loss: kills containers and engine, and flushes the firewall. */
  async losePower(): Promise<void> {
    const running = await this.docker.listContainers();
    const shims = execFileSync("pgrep", ["-f", `containerd-shim.*${this.folder}/exec`], TEXT)
      .split("\n")
      .filter(Boolean);
    const mains = await Promise.all(
      running.map(({ Id }) =>
        this.docker
          .getContainer(Id)
          .inspect()
          .then(({ State }) => State.Pid),
      ),
    );
    await this.stop("SIGKILL");
    for (const pid of [...shims, ...mains]) killQuietly(Number(pid));
    this.run("iptables", ["-F"]);
    this.run("iptables", ["-X"]);
  }

  async close(): Promise<void> {
    for (const { Id } of await this.docker.listContainers({ all: true }).catch(() => [])) {
      await this.docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => undefined);
    }
    await this.stop("SIGTERM");
    this.#inside.kill("SIGKILL");
    this.#outside.kill("SIGKILL");
    await sleep(200);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #enter(holder: ChildProcess, ...more: string[]): string[] {
    return ["-t", String(holder.pid), "-n", ...more];
  }

  async #containerdPid(): Promise<number | null> {
    const file = join(this.folder, "exec", "containerd", "containerd.pid");
    return readFile(file, "utf8").then(Number, () => null);
  }

  /** Imports an image with Node, the bridge, the fault server and their libraries only. */
  async #importImage(): Promise<string> {
    const stage = join(this.folder, "image");
    const node = await realpath(process.execPath);
    const files = [node, "/bin/sleep"];
    const libraries = files.flatMap((file) =>
      [...execFileSync("ldd", [file], TEXT).matchAll(/(\/\S+\.so\S*)/g)].map(([path]) => path),
    );
    for (const path of new Set(libraries)) await copy(path, join(stage, path));
    await copy(node, join(stage, "usr/local/bin/node"));
    await copy("/bin/sleep", join(stage, "bin/sleep"));
    await copy(join(import.meta.dirname, "fault-server.mjs"), join(stage, "opt/fault-server.mjs"));
    buildSync({
      entryPoints: [join(root, "bridge/main.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: join(stage, "opt/bridge/bridge.mjs"),
    });
    await chmod(join(stage, "usr/local/bin/node"), 0o111);
    for (const [name, number] of Object.entries(SYSCALLS)) {
      // AF_ALG, a family of sockets that servers do not use.
      const program = makeSyscallProgram(number, name === "socket" ? 38 : 0);
      await mkdir(join(stage, "opt/syscalls"), { recursive: true });
      await writeFile(join(stage, "opt/syscalls", name), program, { mode: 0o755 });
    }
    const tar = spawn("tar", ["-C", stage, "-c", "."]);
    await new Promise((resolve, reject) => {
      // Without any configuration: the host sets all of it.
      const query = new URLSearchParams({ fromSrc: "-", repo: "fault-server" });
      this.docker.modem.dial(
        {
          path: `/images/create?${query.toString()}&`,
          method: "POST",
          file: tar.stdout,
          isStream: false,
          statusCodes: { 200: true },
        },
        (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result)),
      );
    });
    await rm(stage, { recursive: true });
    return (await this.docker.getImage("fault-server").inspect()).Id;
  }
}

const TEXT = { encoding: "utf8" } as const;

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { dereference: true });
}

async function startHolder(command: string[]): Promise<ChildProcess> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: "ignore" });
  // The namespaces exist when the command runs.
  while (!(await readFile(`/proc/${child.pid}/comm`, "utf8")).startsWith("sleep")) await sleep(5);
  return child;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}
