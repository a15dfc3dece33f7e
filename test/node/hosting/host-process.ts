import type { ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { findFreePort } from "../../../scripts/ports.ts";
import type { PrivateEngine } from "../container-host/private-engine.ts";
import { endProcess, spawnHost } from "../container-host/spawn-host.ts";

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
      // The hosts share an engine, so each needs a separate address pool.
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

  /** Resolves when the host is ready; throws its output when it exits first. */
  async start(): Promise<void> {
    const environment = {
      MCPNEST_HOST_ID: this.id,
      MCPNEST_HOST_LISTEN: `unix:${join(this.#folder, "host.sock")}`,
      MCPNEST_HOST_ISSUER: "mcpnest",
      MCPNEST_HOST_STATE: join(this.#folder, "state"),
      ...this.#environment,
    };
    const { child, ready } = spawnHost(this.#engine, environment, (chunk) => {
      this.output += chunk;
    });
    this.#process = child;
    await ready;
  }

  get stateFolder(): string {
    return join(this.#folder, "state");
  }

  /** Sends the last request of the tunnel again; returns the host's response. */
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

  /** `SIGSTOP` freezes the host with open connections, `SIGCONT` continues it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    await endProcess(this.#process, "SIGKILL");
  }

  async close(): Promise<void> {
    await this.kill();
    for (const connection of this.#connections) connection.destroy();
    this.#tunnel.close();
  }
}
