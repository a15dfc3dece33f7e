import type { z } from "zod";
import { ErrorBody } from "../../../workers/contract/api/resources.ts";
import { ApiError } from "./api-error.ts";
import { csrfToken } from "./csrf-token.ts";
import { reportAnswer, reportNoAnswer } from "./reachability.ts";

/** HTTP methods of the management API. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Sends an API request and parses the JSON response. Throws `ApiError` for an error response or no connection. */
export async function request<T extends z.ZodType>(
  schema: T,
  method: Method,
  path: string,
  body?: unknown,
): Promise<z.infer<T>> {
  const response = await send(method, path, body);
  return schema.parse(await response.json());
}

/** Like `request`, for responses that are read as they arrive. */
export function requestResponse(method: Method, path: string, body: unknown): Promise<Response> {
  return send(method, path, body);
}

/** Like `request`, for routes whose response has no body. `keepalive`: it completes even if the page is left; at most 64 KB. */
export async function requestNoContent(
  method: Method,
  path: string,
  body?: unknown,
  options?: { keepalive: boolean },
): Promise<void> {
  await send(method, path, body, options);
}

async function send(
  method: Method,
  path: string,
  body: unknown,
  // A deletion that was started completes even if the page is closed.
  { keepalive } = { keepalive: method === "DELETE" },
): Promise<Response> {
  const response = await fetch(`/api${path}`, {
    method,
    // No route of the API redirects.
    redirect: "manual",
    headers: method === "GET" ? {} : writeHeaders(),
    keepalive,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    reportNoAnswer();
    throw new ApiError(
      0,
      "unreachable",
      "Could not reach the server. Check your connection.",
      null,
    );
  });
  if (!response.ok) throw await toApiError(response);
  reportAnswer();
  return response;
}

function writeHeaders(): Record<string, string> {
  const token = csrfToken.get();
  return {
    "content-type": "application/json",
    ...(token === null ? {} : { "x-csrf-token": token }),
  };
}

async function toApiError(response: Response): Promise<ApiError> {
  const parsed = ErrorBody.safeParse(await response.json().catch(() => null));
  // Without the API's error, a proxy has responded.
  if (parsed.success || response.status < 500) reportAnswer();
  else reportNoAnswer();
  if (response.type === "opaqueredirect")
    return new ApiError(
      response.status,
      "redirected",
      "A sign-in in front of the gateway, such as Cloudflare Access, has ended. Reload the page to sign in again.",
      null,
    );
  if (!parsed.success)
    return new ApiError(
      response.status,
      "unknown",
      `The server responded with status ${response.status}. Try again in a moment.`,
      null,
    );
  const { code, message, requestId } = parsed.data.error;
  return new ApiError(response.status, code, message, requestId);
}

/** Returns a query string with its `?`, without undefined and empty values; empty if none is left. */
export function toQuery(values: Record<string, string | number | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return query === "" ? "" : `?${query}`;
}
