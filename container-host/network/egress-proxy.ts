import { lookup } from "node:dns/promises";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ipaddr from "ipaddr.js";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import { isPublicAddress } from "../../workers/runtime/public-address.ts";

/** TCP port of the HTTP proxy at each network's gateway. The firewall opens only this port and the next. */
export const EGRESS_PORT = 3128;
/** TCP port at the gateway that forwards to the one server that an instance connects to by TCP. */
export const FORWARD_PORT = 3129;
const CONNECT_TIMEOUT_MS = 5_000;
/** A tunnel without data for five minutes is closed. */
const IDLE_TIMEOUT_MS = 300_000;
/** Open tunnels of one instance. */
const MAX_TUNNELS = 64;
const HTTPS_PORT = 443;

/** A TCP server outside the workspace network, by host name. */
export interface Destination {
  host: string;
  port: number;
}

/** The servers that one instance is allowed to reach. */
export interface EgressGrant {
  instanceId: string;
  /** Exact host names for CONNECT to port 443; `*` is every public host. */
  hosts: ReadonlySet<string>;
  /** Target of the TCP forward; null: none. */
  forward: Destination | null;
  /** Called with the bytes of both directions when a tunnel ends. */
  onBytes: (bytes: number) => void;
}

/**
 * The only egress of workspace networks: CONNECT to the hosts that an instance's catalogue entry names, and TCP to the
 * one server that its variables name. Targets must have public addresses, or private ones that the operator allows
 * (protects against SSRF and DNS rebinding). An instance is identified by its source address, which no other container
 * can take.
 */
export class EgressProxy {
  readonly #privateRanges: [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly #servers = new Map<string, Server[]>();
  readonly #grants = new Map<string, EgressGrant>();
  readonly #tunnels = new Map<string, Set<Socket>>();

  /** `privateRanges`: CIDRs of private addresses that are allowed as targets. */
  constructor(privateRanges: string[]) {
    this.#privateRanges = privateRanges.map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /** Listens at a network's gateway. Rejects when the network's interface does not have that address. */
  async open(gateway: string): Promise<void> {
    if (this.#servers.has(gateway)) return;
    const proxy = createHttpServer((_request, response) => {
      response.writeHead(405, { allow: "CONNECT", connection: "close" }).end();
    });
    proxy.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.unshift(head);
      this.#onConnect(request, socket).catch((error: unknown) => failTunnel(socket, error));
    });
    const forward = createTcpServer((socket) => {
      this.#onForward(socket).catch((error: unknown) => failTunnel(socket, error));
    });
    this.#servers.set(gateway, [proxy, forward]);
    await listen(proxy, EGRESS_PORT, gateway);
    await listen(forward, FORWARD_PORT, gateway);
  }

  /** Stops listening at a gateway. The grants of its instances must be revoked before. */
  close(gateway: string): void {
    for (const server of this.#servers.get(gateway) ?? []) server.close();
    this.#servers.delete(gateway);
  }

  /** Allows connections from an instance's address. */
  grant(address: string, grant: EgressGrant): void {
    this.#grants.set(address, grant);
  }

  /** Removes the grant of an address and cuts its tunnels. */
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
      return sendRefusal(socket, "403 Forbidden");
    }
    const upstream = await this.#connectTo(address, grant, { host, port: HTTPS_PORT });
    if (!upstream) return sendRefusal(socket, "502 Bad Gateway");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    pipeBoth(socket, upstream);
  }

  async #onForward(socket: Socket): Promise<void> {
    socket.on("error", () => socket.destroy());
    const address = socket.remoteAddress ?? "";
    const grant = this.#grants.get(address);
    const upstream = grant?.forward && (await this.#connectTo(address, grant, grant.forward));
    if (upstream) return pipeBoth(socket, upstream);
    logEvent({ event: "egress_refused", instance: grant?.instanceId ?? null });
    socket.destroy();
  }

  /** Connects; null: unknown name, no allowed address, no connection within 5 s, or too many tunnels. */
  async #connectTo(
    address: string,
    grant: EgressGrant,
    { host, port }: Destination,
  ): Promise<Socket | null> {
    const tunnels = this.#tunnels.get(address) ?? new Set<Socket>();
    this.#tunnels.set(address, tunnels);
    // Rejects when the name does not resolve.
    const resolved = await lookup(host, { all: true }).catch(() => []);
    const target = resolved.find((candidate) => this.#isAllowed(candidate.address));
    // The grant can be revoked during the lookup.
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

  /** An allowed name must not resolve to an address of the host's networks (SSRF). */
  #isAllowed(text: string): boolean {
    if (isPublicAddress(text)) return true;
    const address = ipaddr.process(text);
    return this.#privateRanges.some(
      ([base, bits]) => base.kind() === address.kind() && address.match(base, bits),
    );
  }
}

/** The peers' socket errors are handled at their sockets: an error here is unexpected. */
function failTunnel(socket: Duplex, error: unknown): void {
  logFailure("egress_failed", error);
  socket.destroy();
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, address, resolve);
  });
}

function pipeBoth(socket: Duplex, upstream: Socket): void {
  upstream.setTimeout(IDLE_TIMEOUT_MS, () => upstream.destroy());
  upstream.pipe(socket);
  socket.pipe(upstream);
  upstream.once("close", () => socket.destroy());
  socket.once("close", () => upstream.destroy());
  if (socket.destroyed) upstream.destroy();
}

function sendRefusal(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** The host name of a CONNECT target on port 443; null: another port or not a host name. */
function parseHttpsHost(authority: string): string | null {
  const [, host = "", port = ""] =
    /^([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?):(\d{1,5})$/i.exec(authority) ?? [];
  return host !== "" && Number(port) === HTTPS_PORT ? host.toLowerCase() : null;
}
