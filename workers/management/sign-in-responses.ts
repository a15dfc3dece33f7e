import type { Context } from "hono";
import { ErrorBody } from "../contract/api/resources.ts";
import { errorBody } from "../http/error-responses.ts";
import { json } from "./responses.ts";

/** The routes by which one signs in need no key. */
export const ANYBODY: Record<string, string[]>[] = [];

export const ceremonyErrors = {
  400: json(ErrorBody, "The request is not as described here"),
  401: json(ErrorBody, "Nobody was recognised"),
  403: json(ErrorBody, "The request is not from a page of this host"),
  404: json(ErrorBody, "The link is used, expired, withdrawn or unknown"),
  409: json(ErrorBody, "The host is an IP address, or what the link is for is not there any more"),
  415: json(ErrorBody, "The body is not JSON"),
  429: json(ErrorBody, "Too many attempts"),
  503: json(ErrorBody, "It could not be stored; nothing was changed"),
};

export function notRecognised(c: Context, message: string) {
  return c.json(errorBody("not_recognised", message), 401);
}

export function noPasskeysHere(c: Context) {
  const message = "Passkeys need a host name: open this page under one, such as localhost.";
  return c.json(errorBody("no_passkeys_here", message), 409);
}

export function spentLink(c: Context) {
  const message = "This link is used, expired or withdrawn: ask for a new one.";
  return c.json(errorBody("not_found", message), 404);
}
