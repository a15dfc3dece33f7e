import type { Context } from "hono";
import { MAX_MANAGEMENT_BYTES } from "../contract/limits.ts";
import { errorResponse } from "../http/error-responses.ts";
import { BODY_INCOMPLETE, BODY_TOO_LATE, readBody } from "../http/read-body.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";

/** Requests whose body was received. */
const received = new WeakSet<Request>();

/** Receives the request's body within its limits, so that it can then be read without a wait. Null: it was received. */
export async function receiveBody<E extends { Bindings: Env }>(
  c: Context<E>,
): Promise<Response | null> {
  const request = c.req.raw;
  if (received.has(request) || !request.body) return null;
  const body = await readBody(request, MAX_MANAGEMENT_BYTES, budgetsOf(c.env));
  switch (body) {
    case "too_large":
      return errorResponse(
        c,
        413,
        "too_large",
        "The body is larger than 1 MiB. Send a smaller one.",
      );
    case "too_late":
      return errorResponse(c, 408, "timeout", `${BODY_TOO_LATE}.`);
    case "incomplete":
      return errorResponse(c, 400, "invalid", `${BODY_INCOMPLETE}.`);
    default:
      c.req.raw = new Request(request, { method: request.method, body });
      received.add(c.req.raw);
      return null;
  }
}
