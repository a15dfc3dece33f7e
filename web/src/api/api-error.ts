import { ZodError } from "zod";

/** The API refused, or could not be reached (status 0). `message` is for a person. */
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

/** A sentence for a person about anything that was thrown. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    const isOurs = error.status >= 500 && error.requestId !== null;
    return isOurs ? `${error.message} (request ${error.requestId})` : error.message;
  }
  if (error instanceof ZodError)
    return "The server answered with something this page does not know. Reload the page; it may be older than the server.";
  if (error instanceof Error && error.name === "NotAllowedError")
    return "No passkey was used: the request was cancelled or timed out.";
  if (error instanceof Error && error.name === "InvalidStateError")
    return "This device already has a passkey here. Sign in with it instead.";
  return "Something failed in this page. Reload it and try again.";
}
