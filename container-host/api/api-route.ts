import type { IncomingMessage, ServerResponse } from "node:http";
import type { HostTokenClaims } from "../../workers/contract/hosting/host-protocol.ts";

/** A request whose token was checked. */
export interface ApiCall {
  request: IncomingMessage;
  response: ServerResponse;
  claims: HostTokenClaims;
  body: Buffer;
  query: URLSearchParams;
  /** Groups of the route's path. */
  parameters: string[];
  /** Aborted when the caller hangs up. */
  signal: AbortSignal;
}

export interface ApiRoute {
  method: "GET" | "PUT" | "POST" | "DELETE";
  path: RegExp;
  /** Whom the token must be for. */
  subject: "workspace" | "fleet";
  handle: (call: ApiCall) => Promise<void> | void;
}
