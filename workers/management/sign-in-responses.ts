import type { Context } from "hono";
import { ErrorBody } from "../contract/api/resources.ts";
import { errorBody } from "../http/error-responses.ts";
import { BODY_ERRORS, jsonResponse } from "./responses.ts";

/** OpenAPI security requirement of routes without authentication. */
export const NO_AUTHENTICATION: Record<string, string[]>[] = [];

/** Error responses of the sign-in routes. */
export const SIGN_IN_ERRORS = {
  ...BODY_ERRORS,
  400: jsonResponse(ErrorBody, "Invalid request"),
  401: jsonResponse(ErrorBody, "The user was not recognized"),
  403: jsonResponse(ErrorBody, "The request is not from a page of this host"),
  404: jsonResponse(ErrorBody, "The link was used, expired or withdrawn, or is unknown"),
  409: jsonResponse(
    ErrorBody,
    "The host is an IP address, or the link does not fit the user or workspace",
  ),
  429: jsonResponse(ErrorBody, "Too many failed attempts from this address"),
  503: jsonResponse(
    ErrorBody,
    "The change was not stored, or it is not known whether it was; the message says which",
  ),
};

/** Responds that the user was not recognized; `message` says what to do. */
export function respondNotRecognized(c: Context, message: string) {
  return c.json(errorBody("not_recognized", message), 401);
}

/** Responds that passkeys do not work on an IP address (WebAuthn level 3, section 5.1.2). */
export function respondNoPasskeySupport(c: Context) {
  const message =
    "Passkeys do not work on an IP address. Open this page under a host name, such as localhost.";
  return c.json(errorBody("passkeys_not_supported", message), 409);
}
