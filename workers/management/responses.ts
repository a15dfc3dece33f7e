import type { Hook } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ErrorBody } from "../contract/api/resources.ts";
import type { ChangeResult, Command, CommandType, Refusal } from "../contract/rpc/commands.ts";
import { errorBody, errorResponse } from "../http/error-responses.ts";
import { toLocationHint } from "../http/location-hint.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";

/** Validation problems that one error response lists. */
const MAX_PROBLEMS = 5;

/** OpenAPI response with a JSON body. */
export function jsonResponse<T extends z.ZodType>(schema: T, description: string) {
  return { content: { "application/json": { schema } }, description };
}

/** OpenAPI request body in JSON. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { content: { "application/json": { schema } }, required: true } as const;
}

/** Schema of a list response. */
export function toListSchema<T extends z.ZodType>(schema: T) {
  return z.object({ items: z.array(schema) });
}

/** Schema of a page of a list. */
export function toPageSchema<T extends z.ZodType>(schema: T) {
  return z.object({
    items: z.array(schema),
    /** Send as `cursor` to get the next page; null: this is the last page. */
    nextCursor: z.string().nullable(),
  });
}

/** Error responses of every authenticated route. */
export const READ_ERRORS = {
  400: jsonResponse(ErrorBody, "Invalid request"),
  401: jsonResponse(ErrorBody, "Not signed in, or the key is invalid"),
  403: jsonResponse(ErrorBody, "Forbidden, or a passkey check of the last five minutes is needed"),
  404: jsonResponse(ErrorBody, "Not found"),
  429: jsonResponse(ErrorBody, "Too many failed attempts from this address"),
};

/** Error responses of routes that are not GET. */
export const BODY_ERRORS = {
  408: jsonResponse(ErrorBody, "The body did not arrive in time"),
  413: jsonResponse(ErrorBody, "The body is larger than 1 MiB"),
  415: jsonResponse(ErrorBody, "The body is not JSON"),
};

/** Error responses of routes that change data. */
export const WRITE_ERRORS = {
  ...READ_ERRORS,
  ...BODY_ERRORS,
  409: jsonResponse(ErrorBody, "The change conflicts with the current state"),
  503: jsonResponse(
    ErrorBody,
    "The change was not stored, or it is not known whether it was; the message says which",
  ),
};

/** An integer in a query. OpenAPI would otherwise describe it as a string, the input type of the coercion. */
function toIntegerSchema(min: number) {
  return z.coerce.number().int().min(min).meta({ type: "integer" });
}

/** Query parameters for a time range. */
export const TIME_RANGE_QUERY = {
  from: toIntegerSchema(0).optional().describe("Epoch milliseconds, inclusive"),
  to: toIntegerSchema(0).optional().describe("Epoch milliseconds, exclusive"),
};

/** OpenAPI security requirement of routes that visitors may use, too, while the marketplace is public. */
export const OPTIONAL_AUTHENTICATION: Record<string, string[]>[] = [
  {},
  { operatorKey: [] },
  { apiKey: [] },
];

/** Query parameters for a page of a list. */
export const PAGING_QUERY = {
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, "send the nextCursor of an earlier response")
    .optional()
    .describe("The nextCursor of an earlier response"),
  limit: toIntegerSchema(1).max(500).default(100),
};

/**
 * Query parameters for a page of audit events. Their numbers are those of the whole deployment, so that the cursor is the
 * random id of an event.
 */
export const EVENT_PAGING_QUERY = {
  ...PAGING_QUERY,
  cursor: z
    .string()
    .regex(/^evt_\w{1,80}$/, "send the nextCursor of an earlier response")
    .optional()
    .describe("The nextCursor of an earlier response"),
};

/** Returns the position in a cursor; null: the start of the list. */
export function parseCursor(cursor: string | undefined): number | null {
  return cursor === undefined ? null : Number(cursor);
}

/** Makes a page of rows. `position`: what identifies a row's place in the list, and becomes the cursor. */
export function toPage<T>(items: T[], limit: number, position: (item: T) => number | string) {
  const last = items.length < limit ? undefined : items.at(-1);
  return { items, nextCursor: last === undefined ? null : String(position(last)) };
}

/** Hook for requests that their schema refuses. The response names the fields and problems, never the values. */
export const refuseInvalid: Hook<unknown, ManagementEnv, string, unknown> = (result, c) => {
  if (result.success) return;
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  return errorResponse(c, 400, "invalid", problems.join("; "));
};

/** Responds that the workspace does not have a thing of this kind. */
export function respondNotFound(c: Context, kind: string) {
  return c.json(errorBody("not_found", `There is no such ${kind} in this workspace.`), 404);
}

/** The 404 response for a server that the marketplace does not have. */
export function respondNoMarketplaceServer(c: Context) {
  return c.json(errorBody("not_found", "There is no such server in the marketplace."), 404);
}

/** Responds with the status of a refusal's code. */
export function refuse(c: Context, { code, message }: Refusal) {
  const body = errorBody(code, message);
  switch (code) {
    case "not_found":
      return c.json(body, 404);
    case "conflict":
      return c.json(body, 409);
    case "invalid":
      return c.json(body, 400);
    case "forbidden":
      return c.json(body, 403);
    case "unavailable":
    case "database_full":
      return c.json(body, 503);
  }
}

/**
 * Sends a command to the Workspace object with the caller as actor, and returns its result. Of a route for a workspace
 * only that one is changed: it can have been deleted since, and its slug used again.
 */
export async function change<T extends CommandType>(
  c: Context<ManagementEnv>,
  slug: string,
  command: Command<T>,
): Promise<ChangeResult<T>> {
  const workspaceId = c.var.slug === undefined ? null : c.var.workspace.id;
  // The first request to an object decides for ever where it is; a jurisdiction decides it alone.
  const isPlaced = command.type === "workspace.create" && !settingsOf(c.env).jurisdiction;
  const hint = isPlaced ? toLocationHint(c.req.raw.cf) : undefined;
  const options = hint && { locationHint: hint };
  return workspacesOf(c.env).getByName(slug, options).change(command, c.var.actor, workspaceId);
}
