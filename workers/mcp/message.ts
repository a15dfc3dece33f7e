import type { Era } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { ScannedObject } from "./json-scan.ts";

/** A valid JSON-RPC request: its shape, era and headers are checked. */
export interface McpRequest {
  kind: "request";
  era: Era;
  /** The id's exact JSON text, so that no digit of a large number is lost. */
  id: string;
  method: string;
  text: string;
  root: ScannedObject;
  params: ScannedObject | null;
  /** The parsed `params`, to read only: large numbers have lost digits. */
  values: Record<string, unknown>;
  /** Tool or prompt name, resource URI, task id, or completion reference (`prompt:name`, `resource:uri`). */
  target: string | null;
  /** Modern: of `_meta`. Legacy: of the header, or of the client's session. */
  protocolVersion: string | null;
  /** Name and version of the client's software. */
  clientName: string | null;
  clientVersion: string | null;
  /** Modern clients declare them with every request; those of legacy clients are known from `initialize`. */
  clientCapabilities: ClientCapabilities;
}

/** A body that gets an error response. */
export interface McpInvalidMessage {
  kind: "invalid";
  era: Era;
  /** The request's id as JSON text; `null` if there is none. */
  id: string;
  method: string;
  /** HTTP status. */
  status: number;
  /** JSON-RPC error code. */
  code: number;
  message: string;
  data?: unknown;
}

/** A notification; its HTTP response is 202. */
export interface McpNotification {
  kind: "notification";
  era: Era;
  method: string;
  /** JSON text of `params.requestId`, which `notifications/cancelled` has; null in others. */
  requestId: string | null;
}

/** A client's response to a server request. */
export interface McpResponse {
  kind: "response";
  era: Era;
  /** Null: the id is not a string, so the gateway did not make it. */
  id: string | null;
  text: string;
  root: ScannedObject;
}

/** A POST body, by its kind. */
export type McpMessage = McpRequest | McpInvalidMessage | McpNotification | McpResponse;
