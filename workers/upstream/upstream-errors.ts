import { MAX_RESPONSE_SIZE, MAX_RESPONSE_VALUES } from "../contract/limits.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { SseEventTooLarge } from "../mcp/sse.ts";
import { StreamFlood } from "../mcp/stream-meter.ts";

/** The connection failed before a response, or broke off during one. The cause is not known. */
export const UNREACHABLE: UpstreamError = {
  code: "upstream_unreachable",
  message:
    "The server cannot be reached: the connection failed or broke off, or the host is unknown",
};

/** The response exceeds the size limit, whatever its framing. */
export const TOO_LARGE: UpstreamError = {
  code: "upstream_too_large",
  message: `The server's response is larger than ${MAX_RESPONSE_SIZE}`,
};

/** The response has more values than the memory of an isolate holds, although its text is not too long. */
export const TOO_MANY_VALUES: UpstreamError = {
  code: "upstream_too_large",
  message: `The server's response has more than ${MAX_RESPONSE_VALUES.toLocaleString("en")} JSON values`,
};

/** The server's event stream carries more than one stream can (`StreamMeter`). */
export const FLOOD: UpstreamError = {
  code: "upstream_flood",
  message:
    "The server's event stream carried more events, comments or bytes than one stream can, and was closed",
};

/** The server sent response headers, but not the whole response in time. */
export const UNFINISHED: UpstreamError = {
  code: "upstream_timeout",
  message: "The server began a response but did not finish it in time",
};

/**
 * Groups of causes that the messages of workerd distinguish. The message itself is not shown: it can quote an address.
 * Elsewhere Cloudflare responds with a status of its own instead (`CLOUDFLARE_ERRORS`).
 */
const CONNECTION_FAILURES: { pattern: RegExp; message: string }[] = [
  {
    pattern: /connection lost|disconnected/i,
    message:
      "The server refused or closed the connection: check that it runs, and the port of its URL",
  },
  {
    pattern: /internal error/i,
    message:
      "No connection to the server: its host name cannot be resolved, or the TLS handshake failed. Check the URL and the certificate",
  },
];

/** Statuses with which Cloudflare, not the server, reports a failed connection (Cloudflare 5xx errors). */
const CLOUDFLARE_ERRORS: Readonly<Record<number, string>> = {
  521: "the server refused the connection",
  522: "the server did not accept the connection in time",
  523: "there is no route to the server",
  525: "the TLS handshake with the server failed",
  526: "the server's certificate is not valid",
  530: "the server's host name cannot be resolved",
};

/** Errors with which Cloudflare responds in place of the server, by the code in their body (Cloudflare 1xxx errors). */
const CLOUDFLARE_CODES: Readonly<Record<string, string>> = {
  1003: "it sends no requests to IP addresses. Use a host name of the server",
  1010: "a rule of the server's zone refuses the gateway. Allow its requests there (Security > Events shows the rule)",
  1020: "a rule of the server's zone refuses the gateway. Allow its requests there (Security > Events shows the rule)",
  1033: "the server's tunnel is not connected",
  1042: "the server is a Worker in the zone of the gateway, which only a gateway with the compatibility flag global_fetch_strictly_public reaches",
  1101: "the server is a Worker that failed with an exception",
  1102: "the server is a Worker that exceeded its limits of CPU or memory",
};

/** The host of a redirect to the sign-in of Cloudflare Access. */
const ACCESS_HOST = /\.cloudflareaccess\.com$/;

/** The error for a redirect, which is not followed. `url`: of the request. */
export function redirectError({ status, headers }: Response, url: string): UpstreamError {
  const target = URL.parse(headers.get("location") ?? "", url);
  if (target && ACCESS_HOST.test(target.hostname)) {
    const message =
      "Cloudflare Access asks for a sign-in. Give the server's Access application a policy with the action Service Auth, and set the service token as the credentials cf-access-client-id and cf-access-client-secret";
    return { code: "upstream_unauthorized", message, status };
  }
  const message = `The server redirects (${status}): enter its final URL`;
  return { code: "upstream_redirect", message, status };
}

/** The error for a failed `fetch`, with the cause where the platform names it. */
export function toConnectionError(thrown: unknown): UpstreamError {
  const text = thrown instanceof Error ? thrown.message : "";
  const found = CONNECTION_FAILURES.find(({ pattern }) => pattern.test(text));
  return found ? { code: UNREACHABLE.code, message: found.message } : UNREACHABLE;
}

/** The server sent no response headers within `ms`. */
export function timeoutError(ms: number): UpstreamError {
  return { code: "upstream_timeout", message: `The server did not respond within ${ms / 1000} s` };
}

/** How servers refuse a host name or an origin (DNS rebinding protection), which no credential changes. */
const REFUSED_HOST =
  /\b(invalid|forbidden|unknown|untrusted|disallowed|bad|wrong) (host|origin)\b|\b(host|origin)( header| name)?\b.*\b(not (allowed|permitted|accepted|trusted)|invalid|forbidden|denied|mismatch)|only allowed at/i;

/** The error for an HTTP status outside 2xx, in words for an admin. `quote`: the server's own words, in quotation marks. */
export function httpError(status: number, quote: string | null = null): UpstreamError {
  const cause = CLOUDFLARE_CODES[/^"error code: (\d{4})"$/.exec(quote ?? "")?.[1] ?? ""];
  if (cause) {
    const message = `${status} from Cloudflare: ${cause}`;
    return { code: "upstream_http_error", message, status };
  }
  const isUnauthorized = status === 401 || (status === 403 && !REFUSED_HOST.test(quote ?? ""));
  const said = quote === null ? "" : `. The server says: ${quote}`;
  return {
    code: isUnauthorized ? "upstream_unauthorized" : "upstream_http_error",
    message: `${status} ${explainStatus(status, isUnauthorized)}${said}`,
    status,
  };
}

function explainStatus(status: number, isUnauthorized: boolean): string {
  switch (status) {
    case 401:
      return "from the server: its credential is missing or expired";
    case 403:
      return isUnauthorized
        ? "from the server: its credential does not allow this"
        : "from the server: it does not accept the host name of its URL. Allow that name in the server's settings";
    case 404:
      return "from the server: no MCP endpoint at this URL";
    case 429:
      return "from the server: it limits the rate of requests";
    default: {
      const cause = CLOUDFLARE_ERRORS[status];
      return cause ? `from Cloudflare: ${cause}` : "from the server";
    }
  }
}

/** The error of a failed read of a server's event stream. Only the server's stream fails there. */
export function toStreamError(thrown: unknown): UpstreamError {
  if (thrown instanceof StreamFlood) return FLOOD;
  return thrown instanceof SseEventTooLarge ? TOO_LARGE : UNREACHABLE;
}

/** The server's response is not what the protocol demands; `message` says why, for an admin. */
export function badResponse(message: string): UpstreamError {
  return { code: "upstream_bad_response", message };
}
