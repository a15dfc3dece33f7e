import ipaddr from "ipaddr.js";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { Memo } from "../runtime/memo.ts";

/** A way out. */
export interface Network {
  fetch(url: string, init: UpstreamInit & SendOptions): Promise<Response>;
}
type SendOptions = { signal?: AbortSignal | null; redirect?: "manual" };

export interface FetchOptions {
  allowPrivate: boolean;
  /** The network to use; absent: the platform's. */
  network?: Network | undefined;
  /** Null: whoever holds `signal` keeps the time. */
  firstByteMs: number | null;
  signal?: AbortSignal | undefined;
}

export interface UpstreamInit {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** As pairs they would take twice as long to cross into the platform. */
  headers: Record<string, string>;
  body?: string;
}

export type FetchResult = { ok: true; response: Response } | { ok: false; error: UpstreamError };

const FORBIDDEN =
  "The address is not a public one: upstream servers must be reachable from the internet";

/**
 * Why a URL may not be an upstream, as a sentence; null when it may. Public https addresses pass; `allowPrivate` lets
 * plain http and private addresses pass too. Names are judged by what they say: the platform's own egress filter
 * judges what they resolve to.
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

/** The only way out: checked address, no redirects, a deadline for the headers. Never throws. */
export async function guardedFetch(
  url: string,
  init: UpstreamInit,
  options: FetchOptions,
): Promise<FetchResult> {
  const forbidden = (options.allowPrivate ? privateVerdicts : publicVerdicts).get(url);
  if (forbidden)
    return { ok: false, error: { code: "upstream_forbidden_address", message: forbidden } };
  const deadline =
    options.firstByteMs === null ? null : startDeadline(options.firstByteMs, options.signal);
  const signal = deadline?.signal ?? options.signal ?? null;
  try {
    const headers = { ...init.headers, ...OWN_HEADERS };
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
  } catch {
    return {
      ok: false,
      error: deadline?.isOver ? timeoutError(options.firstByteMs ?? 0) : UNREACHABLE,
    };
  } finally {
    deadline?.stop();
  }
}

/** The bytes of a response. */
export function bytesOf(response: Response): ReadableStream<Uint8Array> | null {
  // The platform's types leave open what a body's stream carries; that of a response carries bytes.
  return response.body as ReadableStream<Uint8Array> | null;
}

/** A signal that fires after a time, or with another one. */
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

/** An answer that inflates would pass the limits in transit; names of compilers and runtimes are nobody's business. */
const OWN_HEADERS = { "accept-encoding": "identity", "user-agent": "mcpnest" };

/** By URL: the same text always has the same verdict. */
const publicVerdicts = new Memo((url: string) => checkUpstreamUrl(url, false));
const privateVerdicts = new Memo((url: string) => checkUpstreamUrl(url, true));

const UNREACHABLE: UpstreamError = {
  code: "upstream_unreachable",
  message:
    "Nothing answers at this address: the connection was refused or broke off, or the host is unknown",
};

export function unreachable(): UpstreamError {
  return UNREACHABLE;
}

export function timeoutError(ms: number): UpstreamError {
  return { code: "upstream_timeout", message: `The server did not answer within ${ms / 1000} s` };
}

/** What an HTTP status that is no answer means, in words for an admin. */
export function httpError(status: number): UpstreamError {
  if (status === 401)
    return {
      code: "upstream_unauthorized",
      message: "401 from the server: its credential is missing or expired",
      status,
    };
  if (status === 403)
    return {
      code: "upstream_unauthorized",
      message: "403 from the server: its credential does not allow this",
      status,
    };
  if (status === 404)
    return {
      code: "upstream_http_error",
      message: "404 from the server: no MCP endpoint at this URL",
      status,
    };
  if (status === 429)
    return {
      code: "upstream_http_error",
      message: "429 from the server: it limits the rate of requests",
      status,
    };
  return { code: "upstream_http_error", message: `${status} from the server`, status };
}

export function badResponse(message: string): UpstreamError {
  return { code: "upstream_bad_response", message };
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");
  if (ipaddr.isValid(host)) return isPublicAddress(ipaddr.parse(host));
  if (!host.includes(".")) return false;
  return !/(^|\.)(localhost|local|internal|home\.arpa|lan|intranet)$/.test(host);
}

const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");

/**
 * `range()` names what is private, reserved or translated (NAT64, 6to4, Teredo). IPv4-mapped addresses are judged by the
 * address inside; the older IPv4-compatible ones, and all else that nobody was given, lie outside 2000::/3.
 */
function isPublicAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === "unicast";
  if (address.isIPv4MappedAddress()) return isPublicAddress(address.toIPv4Address());
  return address.range() === "unicast" && address.match(GLOBAL_UNICAST, 3);
}
