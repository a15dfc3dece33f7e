import { ZodError } from "zod";

/** An error response of the API, or a failed connection or a redirect (status 0). `message` is shown to the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Stable, snake_case. */
  readonly code: string;
  readonly requestId: string | null;

  constructor(status: number, code: string, message: string, requestId: string | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** Returns a message for the user for any thrown value. */
export function describeError(error: unknown): string {
  if (error instanceof ApiError) {
    const isOurs = error.status >= 500 && error.requestId !== null;
    return isOurs ? `${error.message} (request ${error.requestId})` : error.message;
  }
  if (error instanceof ZodError)
    return "The server sent an unexpected response. This page may be out of date: reload it.";
  if (error instanceof Error && error.name === "NotAllowedError")
    return "The passkey request was cancelled or timed out.";
  if (error instanceof Error && error.name === "InvalidStateError")
    return "This device already has a passkey for this site. Sign in with it instead.";
  return "Something went wrong on this page. Reload it and try again.";
}

/**
 * What an error response says of one field of the request's body, as a sentence; undefined if it does not concern the field.
 * Such a message begins with the field's name, or its path, and a colon.
 */
export function findFieldProblem(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError) || error.code !== "invalid") return undefined;
  const [, text = ""] = new RegExp(`^${field}(?:\\.[^ ]+)?: (.+)$`, "s").exec(error.message) ?? [];
  if (text === "") return undefined;
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

/** Whether a change was refused because something else has changed since. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}
