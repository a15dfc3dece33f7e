import type { Hook } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ErrorBody } from "../contract/api/resources.ts";
import type { ChangeResult, Command, CommandType, Refusal } from "../contract/rpc/commands.ts";
import { errorBody, errorResponse } from "../http/error-responses.ts";
import type { ManagementEnv } from "./authorize.ts";

/** Problems of one request that are told at once. */
const MAX_PROBLEMS = 5;

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { content: { "application/json": { schema } }, description };
}

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { content: { "application/json": { schema } }, required: true } as const;
}

export function listOf<T extends z.ZodType>(schema: T) {
  return z.object({ items: z.array(schema) });
}

export function pageOf<T extends z.ZodType>(schema: T) {
  return z.object({
    items: z.array(schema),
    /** Send as `cursor` for what follows; null: nothing does. */
    nextCursor: z.string().nullable(),
  });
}

export const readErrors = {
  400: json(ErrorBody, "The request is not as described here"),
  401: json(ErrorBody, "Nobody is signed in, and there is no good key"),
  403: json(ErrorBody, "The caller may not do this, or not without a fresh ceremony"),
  404: json(ErrorBody, "There is no such thing in this workspace"),
};

export const writeErrors = {
  ...readErrors,
  409: json(ErrorBody, "The change contradicts what is there"),
  413: json(ErrorBody, "The body is larger than 1 MiB"),
  415: json(ErrorBody, "The body is not JSON"),
  503: json(ErrorBody, "The change could not be stored; nothing was changed"),
};

/** A number in a query. What goes in is text, of which the description would otherwise say nothing. */
function integer(min: number) {
  return z.coerce.number().int().min(min).meta({ type: "integer" });
}

export const timeRange = {
  from: integer(0).optional().describe("Epoch milliseconds, inclusive"),
  to: integer(0).optional().describe("Epoch milliseconds, exclusive"),
};

export const paging = {
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, "send the nextCursor of an earlier answer")
    .optional()
    .describe("The nextCursor of an earlier answer"),
  limit: integer(1).max(500).default(100),
};

export function toPosition(cursor: string | undefined): number | null {
  return cursor === undefined ? null : Number(cursor);
}

/** A page of rows that are numbered by `position`. */
export function toPage<T>(items: T[], limit: number, position: (item: T) => number) {
  const last = items.length < limit ? undefined : items.at(-1);
  return { items, nextCursor: last === undefined ? null : String(position(last)) };
}

/** A request that its schema refuses: where and what, never the value. */
export const refuseInvalid: Hook<unknown, ManagementEnv, string, unknown> = (result, c) => {
  if (result.success) return;
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  return errorResponse(c, 400, "invalid", problems.join("; "));
};

export function notFound(c: Context, what: string) {
  return c.json(errorBody("not_found", `There is no such ${what} in this workspace.`), 404);
}

/** A command that was not carried out. */
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
      return c.json(body, 503);
  }
}

/** Has the workspace's object carry out a command, in the caller's name. */
export async function change<T extends CommandType>(
  c: Context<ManagementEnv>,
  slug: string,
  command: Command<T>,
): Promise<ChangeResult<T>> {
  return c.env.WORKSPACES.getByName(slug).change(command, c.var.actor);
}
