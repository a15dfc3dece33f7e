import { lookup } from "node:dns/promises";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ipaddr from "ipaddr.js";
import { logEvent } from "../log.ts";

/** Where containers find the proxy, at their network's gateway; the firewall lets only these ports through. */
export const EGRESS_PORT = 3128;
/** Where an instance finds the one server that it connects to by TCP. */
export const FORWARD_PORT = 3129;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 300_000;
const MAX_TUNNELS = 64;
const HTTPS_PORT = 443;

/** A place outside, by name. */
export interface Destination {
  host: string;
  port: number;
}

/** What one container may reach. */
export interface EgressGrant {
  instanceId: string;
  /** Exact names, port 443; `*` is any public host. */
  hosts: ReadonlySet<string>;
  /** Null: no server by TCP. */
  forward: Destination | null;
  onBytes: (bytes: number) => void;
}

/**
 * The only way out of workspace networks: CONNECT to the hosts that an instance's catalogue entry names, and TCP to the
 * one server that its variables name; at public addresses, or private ones that the operator allows. An instance is
 * known by its address, which no other container can take.
 */
export class EgressProxy {
  readonly #privateRanges: [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly #servers = new Map<string, Server[]>();
  readonly #grants = new Map<string, EgressGrant>();
  readonly #tunnels = new Map<string, Set<Socket>>();

  /** `privateRanges`: CIDRs of private addresses that may be reached all the same. */
  constructor(privateRanges: string[]) {
    this.#privateRanges = privateRanges.map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /** Listens at a network's gateway. Rejects when the bridge does not have that address. */
  async open(gateway: string): Promise<void> {
    if (this.#servers.has(gateway)) return;
    const proxy = createHttpServer((_request, response) => {
      response.writeHead(405, { allow: "CONNECT", connection: "close" }).end();
    });
    proxy.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.unshift(head);
      this.#onConnect(request, socket).catch(() => socket.destroy());
    });
    const forward = createTcpServer((socket) => {
      this.#onForward(socket).catch(() => socket.destroy());
    });
    this.#servers.set(gateway, [proxy, forward]);
    await listen(proxy, EGRESS_PORT, gateway);
    await listen(forward, FORWARD_PORT, gateway);
  }

  /** Stops listening there; instances have been revoked before. */
  close(gateway: string): void {
    for (const server of this.#servers.get(gateway) ?? []) server.close();
    this.#servers.delete(gateway);
  }

  grant(address: string, grant: EgressGrant): void {
    this.#grants.set(address, grant);
  }

  /** Nothing passes from that address any more; its tunnels are cut. */
  revoke(address: string): void {
    this.#grants.delete(address);
    for (const tunnel of this.#tunnels.get(address) ?? []) tunnel.destroy();
    this.#tunnels.delete(address);
  }

  async #onConnect(request: IncomingMessage, socket: Duplex): Promise<void> {
    socket.on("error", () => socket.destroy());
    const address = request.socket.remoteAddress ?? "";
    const grant = this.#grants.get(address);
    const host = parseHttpsHost(request.url ?? "");
    if (!grant || host === null || !(grant.hosts.has(host) || grant.hosts.has("*"))) {
      logEvent({ event: "egress_refused", instance: grant?.instanceId ?? null });
      return refuse(socket, "403 Forbidden");
    }
    const upstream = await this.#dial(address, grant, { host, port: HTTPS_PORT });
    if (!upstream) return refuse(socket, "502 Bad Gateway");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    join(socket, upstream);
  }

  async #onForward(socket: Socket): Promise<void> {
    socket.on("error", () => socket.destroy());
    const address = socket.remoteAddress ?? "";
    const grant = this.#grants.get(address);
    const upstream = grant?.forward && (await this.#dial(address, grant, grant.forward));
    if (upstream) return join(socket, upstream);
    logEvent({ event: "egress_refused", instance: grant?.instanceId ?? null });
    socket.destroy();
  }

  /** Connects; null: no such name, no allowed address, no answer within 5 s, or too many at once. */
  async #dial(
    address: string,
    grant: EgressGrant,
    { host, port }: Destination,
  ): Promise<Socket | null> {
    const tunnels = this.#tunnels.get(address) ?? new Set<Socket>();
    this.#tunnels.set(address, tunnels);
    const found = await lookup(host, { all: true }).catch(() => []);
    const target = found.find((candidate) => this.#isAllowed(candidate.address));
    // The grant may have ended while the name was looked up.
    const isCurrent = this.#grants.get(address) === grant;
    if (!target || !isCurrent || tunnels.size >= MAX_TUNNELS) return null;
    const upstream = connect({ host: target.address, port });
    tunnels.add(upstream);
    upstream.on("error", () => upstream.destroy());
    upstream.once("close", () => {
      tunnels.delete(upstream);
      grant.onBytes(upstream.bytesRead + upstream.bytesWritten);
    });
    return new Promise((resolve) => {
      const timer = setTimeout(() => upstream.destroy(), CONNECT_TIMEOUT_MS);
      upstream.once("connect", () => resolve(upstream));
      upstream.once("close", () => resolve(null));
      upstream.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    });
  }

  /** A name on the list must not lead into the host's own networks. */
  #isAllowed(text: string): boolean {
    const address = ipaddr.process(text);
    if (address.range() === "unicast") return true;
    return this.#privateRanges.some(
      ([base, bits]) => base.kind() === address.kind() && address.match(base, bits),
    );
  }
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, address, resolve);
  });
}

function join(socket: Duplex, upstream: Socket): void {
  upstream.setTimeout(IDLE_TIMEOUT_MS, () => upstream.destroy());
  upstream.pipe(socket);
  socket.pipe(upstream);
  upstream.once("close", () => socket.destroy());
  socket.once("close", () => upstream.destroy());
  if (socket.destroyed) upstream.destroy();
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

function parseHttpsHost(authority: string): string | null {
  const [, host = "", port = ""] =
    /^([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?):(\d{1,5})$/i.exec(authority) ?? [];
  return host !== "" && Number(port) === HTTPS_PORT ? host.toLowerCase() : null;
}
