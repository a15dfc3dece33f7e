import type { ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../../scripts/ports.ts";
import { root } from "../../../scripts/worker-bundle.ts";
import type { PrivateEngine } from "../container-host/private-engine.ts";

/** A container host in the namespaces of a private engine, and a tunnel that leads to it from this machine. */
export class TunnelledHost {
  readonly id: string;
  readonly url: string;
  readonly #engine: PrivateEngine;
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #tunnel: Server;
  readonly #connections = new Set<Socket>();
  #process: ChildProcess | null = null;
  /** The bytes that last came through the tunnel. */
  #lastRequest: Buffer = Buffer.alloc(0);
  output = "";

  private constructor(
    id: string,
    port: number,
    engine: PrivateEngine,
    environment: Record<string, string>,
  ) {
    this.id = id;
    this.url = `http://127.0.0.1:${port}`;
    this.#engine = engine;
    this.#folder = join(engine.folder, id);
    this.#environment = environment;
    this.#tunnel = createServer((client) => {
      client.on("data", (chunk: Buffer) => (this.#lastRequest = chunk));
      const host = connect(join(this.#folder, "host.sock"));
      for (const [from, to] of [
        [client, host],
        [host, client],
      ] as const) {
        this.#connections.add(from);
        from.on("error", () => to.destroy()).on("close", () => this.#connections.delete(from));
        from.pipe(to);
        from.once("close", () => to.destroy());
      }
    });
    this.#tunnel.listen(port, "127.0.0.1");
  }

  static async start(
    engine: PrivateEngine,
    id: string,
    environment: Record<string, string>,
  ): Promise<TunnelledHost> {
    const host = new TunnelledHost(id, await findFreePort(), engine, {
      ...environment,
      // Each has networks of its own on the engine that they share.
      MCPNEST_HOST_ADDRESSES: id === "host-1" ? "10.201.0.0/16" : "10.202.0.0/16",
    });
    await mkdir(host.#folder, { recursive: true });
    await host.start();
    return host;
  }

  get publicKey(): string {
    return /"publicKey":"([^"]+)"/.exec(this.output)?.[1] ?? "";
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves when it is ready; throws what it printed when it ends instead. */
  async start(): Promise<void> {
    const before = this.output.length;
    const child = this.#engine.spawn(process.execPath, [join(root, "container-host/main.ts")], {
      PATH: process.env["PATH"],
      DOCKER_HOST: `unix://${this.#engine.socket}`,
      MCPNEST_HOST_ID: this.id,
      MCPNEST_HOST_LISTEN: `unix:${join(this.#folder, "host.sock")}`,
      MCPNEST_HOST_ISSUER: "mcpnest",
      MCPNEST_HOST_STATE: join(this.#folder, "state"),
      MCPNEST_HOST_CLOCK_SKEW_SECONDS: "0",
      ...this.#environment,
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    while (!this.output.slice(before).includes('"host_ready"')) {
      if (child.exitCode !== null) throw new Error(`the host ended:\n${this.output.slice(before)}`);
      await sleep(20);
    }
  }

  get stateFolder(): string {
    return join(this.#folder, "state");
  }

  /** Sends what last came through the tunnel once more; what the host answers. */
  replay(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#folder, "host.sock"));
      socket.once("data", (chunk: Buffer) => {
        socket.destroy();
        resolve(chunk.toString());
      });
      socket.once("error", reject).write(this.#lastRequest);
    });
  }

  /** `SIGSTOP` leaves it deaf and its connections open, `SIGCONT` wakes it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    for (const connection of this.#connections) connection.destroy();
    this.#tunnel.close();
  }
}
