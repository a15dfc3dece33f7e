import ipaddr from "ipaddr.js";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { Memo } from "../runtime/memo.ts";
import { isMetadataAddress, isPublicHost, toBareHost } from "../runtime/public-address.ts";
import { redirectError, timeoutError, toConnectionError } from "./upstream-errors.ts";
import { findLoop, VIA_HEADER } from "./via.ts";

/** A network that requests are sent through: the platform's `fetch`, a binding, or the signed path to a container host. */
export interface Network {
  fetch(url: string, init: UpstreamInit & SendOptions): Promise<Response>;
}
type SendOptions = { signal?: AbortSignal | null; redirect?: "manual" };

/** Which URLs can be upstreams. */
export interface AddressRules {
  /** Allows plain http, private addresses and every port. */
  allowPrivate: boolean;
  /** The ports besides 443, separated by commas; empty: none. */
  ports: string;
  /** Refuses IP addresses as hosts: the platform's `fetch` reaches names only. */
  onlyNames: boolean;
}

/** Where outgoing requests are allowed to go, and through which network. */
export interface FetchOptions extends AddressRules {
  /** Absent: the platform's. */
  network?: Network | undefined;
  /** The ids of the gateways that the request has passed, this one last. */
  via: string[];
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

const METADATA =
  "The address is one at which clouds give their machines credentials: no server is called there";

const NO_NAME =
  "Cloudflare sends no requests to IP addresses: use a host name of the server, with a certificate for it";

/**
 * Why a URL is not allowed as an upstream, as a sentence; null: it is allowed. Only the host name is checked: the
 * platform's egress filter checks the addresses that it resolves to (DNS rebinding).
 */
export function checkUpstreamUrl(
  url: string,
  { allowPrivate, ports, onlyNames }: AddressRules,
): string | null {
  if (!URL.canParse(url)) return "The URL is not valid";
  const { protocol, username, password, hostname, port } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return "The URL must begin with https://";
  if (username || password)
    return "Put no user name or password into the URL: use credentials instead";
  if (allowPrivate) return isMetadataAddress(hostname) ? METADATA : null;
  if (protocol === "http:")
    return "The URL must begin with https://: credentials would travel in clear";
  if (!isPublicHost(hostname)) return FORBIDDEN;
  if (onlyNames && isAddress(hostname)) return NO_NAME;
  // Other ports belong to other protocols, and to services that are not meant for everyone.
  return port === "" || ports.split(",").includes(port)
    ? null
    : `The port ${port} is not open to servers: use 443, or have the operator add it to UPSTREAM_PORTS`;
}

/**
 * The only function that sends outgoing requests. Checks the address and follows no redirect (SSRF). Names this gateway in
 * each request, and refuses responses that lead back to it. Never throws.
 * @param firstByteMs time for the response headers; null: `options.signal` limits it
 */
export async function guardedFetch(
  url: string,
  init: UpstreamInit,
  options: FetchOptions,
  firstByteMs: number | null,
): Promise<FetchResult> {
  const verdicts = options.allowPrivate ? privateVerdicts : publicVerdicts;
  const forbidden = verdicts.get(`${options.onlyNames} ${options.ports} ${url}`);
  if (forbidden)
    return { ok: false, error: { code: "upstream_forbidden_address", message: forbidden } };
  const deadline = firstByteMs === null ? null : startDeadline(firstByteMs, options.signal);
  const signal = deadline?.signal ?? options.signal ?? null;
  try {
    const headers = { ...init.headers, ...FIXED_HEADERS, [VIA_HEADER]: options.via.join(", ") };
    const response = await (options.network ?? globalThis).fetch(url, {
      ...init,
      headers,
      signal,
      redirect: "manual",
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return { ok: false, error: redirectError(response, url) };
    }
    const loop = findLoop(response, options.via);
    if (!loop) return { ok: true, response };
    await discardBody(response);
    return { ok: false, error: loop };
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

/** By rules and URL: the verdict depends on the texts only. */
const publicVerdicts = new Memo((text) => checkRulesAndUrl(text, false));
const privateVerdicts = new Memo((text) => checkRulesAndUrl(text, true));

function checkRulesAndUrl(text: string, allowPrivate: boolean): string | null {
  const [onlyNames = "", ports = ""] = text.split(" ", 2);
  const url = text.slice(onlyNames.length + ports.length + 2);
  return checkUpstreamUrl(url, { allowPrivate, ports, onlyNames: onlyNames === "true" });
}

/** Whether a URL's host is an IP address. */
function isAddress(hostname: string): boolean {
  return ipaddr.isValid(toBareHost(hostname));
}
