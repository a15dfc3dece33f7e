import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorBody } from "../contract/api/resources.ts";
import { logEvent } from "../runtime/log.ts";

/** On every answer: nothing of it is stored on the way, or taken for something else. */
export const COMMON_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Enough of a stack to find the place; its first line, the message, may quote data and is not logged. */
const LOGGED_FRAMES = 4;

/** The one shape of every error outside MCP. */
export function errorBody(code: string, message: string): ErrorBody {
  return { error: { code, message, requestId: crypto.randomUUID() } };
}

export function errorResponse(
  c: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
) {
  return c.json(errorBody(code, message), status, COMMON_HEADERS);
}

export const toNotFoundResponse: NotFoundHandler = (c) =>
  errorResponse(c, 404, "not_found", "There is nothing at this address.");

export const toErrorResponse: ErrorHandler = (error, c) =>
  error instanceof HTTPException ? toHttpError(c, error.status) : toFailedResponse(error);

/** What nobody expected: the caller gets a number, the log under that number the place. */
export function toFailedResponse(thrown: unknown): Response {
  const error = thrown instanceof Error ? thrown : new Error("not an error");
  const body = errorBody(
    "internal",
    "Something failed here. Try again; if it stays, look for the request id in the log.",
  );
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const at = frames
    .slice(0, LOGGED_FRAMES)
    .map((line) => line.trim())
    .join(" < ");
  logEvent({ event: "request_failed", requestId: body.error.requestId, error: error.name, at });
  return Response.json(body, { status: 500, headers: COMMON_HEADERS });
}

function toHttpError(c: Context, status: ContentfulStatusCode) {
  if (status === 415)
    return errorResponse(c, 415, "unsupported_media_type", "Send the body as application/json.");
  return errorResponse(c, status, "invalid", "The request cannot be read: its body must be JSON.");
}
