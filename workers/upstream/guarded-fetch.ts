import ipaddr from "ipaddr.js";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { Memo } from "../runtime/memo.ts";
import { timeoutError, toConnectionError } from "./upstream-errors.ts";

/** A network that requests are sent through: the platform's `fetch`, a binding, or the signed path to a container host. */
export interface Network {
  fetch(url: string, init: UpstreamInit & SendOptions): Promise<Response>;
}
type SendOptions = { signal?: AbortSignal | null; redirect?: "manual" };

/** Where outgoing requests are allowed to go, and through which network. */
export interface FetchOptions {
  /** Allows plain http and private addresses. */
  allowPrivate: boolean;
  /** Absent: the platform's. */
  network?: Network | undefined;
  signal?: AbortSignal | undefined;
}

/** An outgoing request. */
export interface UpstreamInit {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** An object: pairs take twice as long to cross into the platform. */
  headers: Record<string, string>;
  body?: string;
}

/** A response with its headers, or why there is none. */
export type FetchResult = { ok: true; response: Response } | { ok: false; error: UpstreamError };

const FORBIDDEN =
  "The address is not a public one: upstream servers must be reachable from the internet";

/**
 * Why a URL is not allowed as an upstream, as a sentence; null: it is allowed. Public https addresses are;
 * `allowPrivate` also allows plain http and private addresses. Only the host name is checked: the platform's egress
 * filter checks the addresses that it resolves to (DNS rebinding).
 */
export function checkUpstreamUrl(url: string, allowPrivate: boolean): string | null {
  if (!URL.canParse(url)) return "The URL is not valid";
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return "The URL must begin with https://";
  if (username || password)
    return "Put no user name or password into the URL: use credentials instead";
  if (allowPrivate) return null;
  if (protocol === "http:")
    return "The URL must begin with https://: credentials would travel in clear";
  return isPublicHost(hostname) ? null : FORBIDDEN;
}

/**
 * The only function that sends outgoing requests. Checks the address and follows no redirect (SSRF). Never throws.
 * @param firstByteMs time for the response headers; null: `options.signal` limits it
 */
export async function guardedFetch(
  url: string,
  init: UpstreamInit,
  options: FetchOptions,
  firstByteMs: number | null,
): Promise<FetchResult> {
  const forbidden = (options.allowPrivate ? privateVerdicts : publicVerdicts).get(url);
  if (forbidden)
    return { ok: false, error: { code: "upstream_forbidden_address", message: forbidden } };
  const deadline = firstByteMs === null ? null : startDeadline(firstByteMs, options.signal);
  const signal = deadline?.signal ?? options.signal ?? null;
  try {
    const headers = { ...init.headers, ...FIXED_HEADERS };
    const response = await (options.network ?? globalThis).fetch(url, {
      ...init,
      headers,
      signal,
      redirect: "manual",
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      const message = `The server redirects (${response.status}): enter its final URL`;
      return { ok: false, error: { code: "upstream_redirect", message, status: response.status } };
    }
    return { ok: true, response };
  } catch (error) {
    // Only the connection to the server fails here.
    return {
      ok: false,
      error: deadline?.isOver ? timeoutError(firstByteMs ?? 0) : toConnectionError(error),
    };
  } finally {
    deadline?.stop();
  }
}

/** The body of a response as bytes; null: it has none. */
export function bytesOf(response: Response): ReadableStream<Uint8Array> | null {
  // The platform's types do not say that a response's body carries bytes.
  return response.body as ReadableStream<Uint8Array> | null;
}

/** Ends a response whose body is not needed. The body is the peer's: it can have failed already. */
export async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** A signal that fires after `ms`, or together with `outer`. */
function startDeadline(ms: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const deadline = { signal: controller.signal, isOver: false, stop: () => clearTimeout(timer) };
  const timer = setTimeout(() => {
    deadline.isOver = true;
    controller.abort();
  }, ms);
  outer?.addEventListener("abort", () => controller.abort(), { once: true });
  if (outer?.aborted) controller.abort();
  return deadline;
}

/** A compressed response would pass the size limits in transit. The user agent reveals no runtime and no version. */
const FIXED_HEADERS = { "accept-encoding": "identity", "user-agent": "mcpnest" };

/** By URL: the verdict depends on the text only. */
const publicVerdicts = new Memo((url: string) => checkUpstreamUrl(url, false));
const privateVerdicts = new Memo((url: string) => checkUpstreamUrl(url, true));

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");
  if (ipaddr.isValid(host)) return isPublicAddress(ipaddr.parse(host));
  if (!host.includes(".")) return false;
  return !/(^|\.)(localhost|local|internal|home\.arpa|lan|intranet)$/.test(host);
}

const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");

/**
 * `range()` names private, reserved and translated ranges (NAT64, 6to4, Teredo). An IPv4-mapped address is judged by the
 * IPv4 address. IPv4-compatible and unassigned addresses are outside 2000::/3.
 */
function isPublicAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === "unicast";
  if (address.isIPv4MappedAddress()) return isPublicAddress(address.toIPv4Address());
  return address.range() === "unicast" && address.match(GLOBAL_UNICAST, 3);
}
