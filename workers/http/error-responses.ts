import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorBody } from "../contract/api/resources.ts";
import {
  DATABASE_DOWN_MESSAGE,
  DATABASE_FULL_MESSAGE,
  isDatabaseDown,
  isDatabaseFull,
} from "../runtime/database-full.ts";
import { logFailure } from "../runtime/log.ts";
import type { EnvironmentError } from "../runtime/settings.ts";

/** Headers of every response: no cache stores it, and no browser guesses another content type. */
export const COMMON_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Body of every error response outside MCP, with a new request id. */
export function errorBody(code: string, message: string): ErrorBody {
  return { error: { code, message, requestId: crypto.randomUUID() } };
}

/** An error response of the management API. */
export function errorResponse(
  c: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
) {
  return c.json(errorBody(code, message), status, COMMON_HEADERS);
}

/** Responds that the client's address has too many failed authentications. */
export function respondLimited(c: Context, seconds: number) {
  c.header("retry-after", String(seconds));
  const message = `Too many failed attempts from this address. Try again in ${seconds} seconds.`;
  return errorResponse(c, 429, "rate_limited", message);
}

/** Response for an address that no route has. */
export const toNotFoundResponse: NotFoundHandler = (c) =>
  errorResponse(c, 404, "not_found", "There is nothing at this address.");

/** Response for an OAuth endpoint, in the form that OAuth clients read (RFC 6749, section 5.2; RFC 7591, section 3.2.2). */
export const toNoOauthResponse = (c: Context): Response =>
  c.json(
    {
      error: "not_found",
      error_description:
        "This gateway has no OAuth server: send a gateway token as 'Authorization: Bearer mng_...'",
    },
    404,
    COMMON_HEADERS,
  );

/** Response to an error that a route threw. */
export const toErrorResponse: ErrorHandler = (error, c) =>
  error instanceof HTTPException ? toHttpError(c, error.status) : toFailedResponse(error);

/**
 * Response to an unexpected error: 500 with a request id, under which the log has the error's name and place. 503: the
 * database is full, or does not answer.
 */
export function toFailedResponse(error: unknown): Response {
  if (isDatabaseFull(error)) {
    logFailure("database_full", error);
    const full = errorBody("database_full", DATABASE_FULL_MESSAGE);
    return Response.json(full, { status: 503, headers: COMMON_HEADERS });
  }
  if (isDatabaseDown(error)) {
    logFailure("database_down", error);
    const headers = { ...COMMON_HEADERS, "retry-after": "5" };
    return Response.json(errorBody("unavailable", DATABASE_DOWN_MESSAGE), { status: 503, headers });
  }
  const body = errorBody(
    "internal",
    "Something failed here. Try again. If it fails again, look for the request id in the log.",
  );
  logFailure("request_failed", error, { requestId: body.error.requestId });
  return Response.json(body, { status: 500, headers: COMMON_HEADERS });
}

/** Response while the environment is wrong: names each variable and what to do, never a value. */
export function toEnvironmentResponse({ message }: EnvironmentError): Response {
  const body = errorBody(
    "environment_invalid",
    `This deployment is not configured correctly. ${message}.`,
  );
  return Response.json(body, { status: 500, headers: COMMON_HEADERS });
}

function toHttpError(c: Context, status: ContentfulStatusCode) {
  if (status === 415)
    return errorResponse(c, 415, "unsupported_media_type", "Send the body as application/json.");
  return errorResponse(c, status, "invalid", "The request cannot be read: its body must be JSON.");
}
