import type { IncomingMessage, ServerResponse } from "node:http";
import type { HostTokenClaims } from "../../workers/contract/hosting/host-protocol.ts";

/** A request with a verified token. */
export interface ApiRequest {
  request: IncomingMessage;
  response: ServerResponse;
  claims: HostTokenClaims;
  /** The whole body. */
  body: Buffer;
  query: URLSearchParams;
  /** Capture groups of the route's path. */
  parameters: string[];
  /** Aborted when the connection closes. */
  signal: AbortSignal;
}

/** One route of the API. */
export interface ApiRoute {
  method: "GET" | "PUT" | "POST" | "DELETE";
  path: RegExp;
  /** Required subject of the token: a workspace, or the gateway itself (`fleet`). */
  subject: "workspace" | "fleet";
  handle: (context: ApiRequest) => Promise<void> | void;
}
