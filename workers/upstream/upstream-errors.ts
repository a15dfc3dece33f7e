import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";

/** The connection failed before a response, or broke off during one. The cause is not known. */
export const UNREACHABLE: UpstreamError = {
  code: "upstream_unreachable",
  message:
    "The server cannot be reached: the connection failed or broke off, or the host is unknown",
};

/** The response, or one line of an event stream, exceeds the size limit. */
export const TOO_LARGE: UpstreamError = {
  code: "upstream_too_large",
  message: "The server's response exceeds the size limit",
};

/** The server sent response headers, but not the whole response in time. */
export const UNFINISHED: UpstreamError = {
  code: "upstream_timeout",
  message: "The server began a response but did not finish it in time",
};

/** Causes of a failed connection as workerd words them. The message itself is not shown: it can quote an address. */
const CONNECTION_FAILURES: { pattern: RegExp; message: string }[] = [
  {
    pattern: /refused/i,
    message: "The server refused the connection: nothing listens at this address",
  },
  {
    pattern: /dns|resolve|lookup|no such host/i,
    message: "The server's host name cannot be resolved",
  },
  {
    pattern: /certificate|tls|ssl/i,
    message: "The TLS connection to the server failed: check its certificate",
  },
  {
    pattern: /reset|lost|disconnected|broken pipe|premature/i,
    message: "The server closed the connection before it responded",
  },
];

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

/** The error for an HTTP status outside 2xx, in words for an admin. */
export function httpError(status: number): UpstreamError {
  switch (status) {
    case 401:
      return {
        code: "upstream_unauthorized",
        message: "401 from the server: its credential is missing or expired",
        status,
      };
    case 403:
      return {
        code: "upstream_unauthorized",
        message: "403 from the server: its credential does not allow this",
        status,
      };
    case 404:
      return {
        code: "upstream_http_error",
        message: "404 from the server: no MCP endpoint at this URL",
        status,
      };
    case 429:
      return {
        code: "upstream_http_error",
        message: "429 from the server: it limits the rate of requests",
        status,
      };
    default:
      return { code: "upstream_http_error", message: `${status} from the server`, status };
  }
}

/** The server's response is not what the protocol demands; `message` says why, for an admin. */
export function badResponse(message: string): UpstreamError {
  return { code: "upstream_bad_response", message };
}
