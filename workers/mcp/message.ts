import type { Era } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { ScannedObject } from "./json-scan.ts";

/** A JSON-RPC request that may be acted on: shape, era and headers are checked. */
export interface McpRequest {
  kind: "request";
  era: Era;
  /** The id's exact JSON text, so that no digit of a large number is lost. */
  id: string;
  method: string;
  text: string;
  root: ScannedObject;
  params: ScannedObject | null;
  /** The parsed `params`; never sent on. */
  values: Record<string, unknown>;
  /** Tool or prompt name, resource URI, or completion reference (`prompt:name`, `resource:uri`). */
  target: string | null;
  protocolVersion: string | null;
  clientName: string | null;
  /** What the client can be asked: a modern client says so with every request, a legacy one when it initializes. */
  clientCapabilities: ClientCapabilities;
}

/** A body that is answered with an error. `id` is the request's id as JSON text, `null` where there is none. */
export interface McpInvalidMessage {
  kind: "invalid";
  era: Era;
  id: string;
  method: string;
  status: number;
  code: number;
  message: string;
  data?: unknown;
}

/** A notification: accepted with 202. */
export interface McpNotification {
  kind: "notification";
  era: Era;
  method: string;
  /** JSON text of `params.requestId`, the request that `notifications/cancelled` is about; null in others. */
  requestId: string | null;
}

/** A client's answer to a request that a server made of it. */
export interface McpResponse {
  kind: "response";
  era: Era;
  /** The id as a string; null for what no gateway sent. */
  id: string | null;
  text: string;
  root: ScannedObject;
}

export type McpMessage = McpRequest | McpInvalidMessage | McpNotification | McpResponse;

/** An error as the answer to a body. */
export function invalidMessage(
  era: Era,
  id: string,
  method: string,
  status: number,
  code: number,
  message: string,
  data?: unknown,
): McpInvalidMessage {
  return {
    kind: "invalid",
    era,
    id,
    method,
    status,
    code,
    message,
    ...(data === undefined ? {} : { data }),
  };
}
