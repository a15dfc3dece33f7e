import type { ServerResponse } from "node:http";
import type { HostError, HostErrorCode } from "../../workers/contract/hosting/host-protocol.ts";

/** HTTP status of each error code. */
const STATUS: Record<HostErrorCode, number> = {
  token_invalid: 401,
  token_expired: 401,
  token_replayed: 401,
  token_mismatch: 401,
  host_starting: 503,
  not_found: 404,
  invalid_request: 400,
  unknown_catalogue_entry: 422,
  invalid_variable: 422,
  profile_too_small: 422,
  host_draining: 503,
  host_full: 507,
  host_unsafe: 503,
  host_busy: 503,
  conflict: 409,
  instance_not_running: 503,
  bridge_unreachable: 502,
  engine_unavailable: 503,
  registry_unavailable: 503,
  internal: 500,
};
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Sends a JSON response. */
export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  const text = JSON.stringify(content);
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end(text);
}

/** Sends an error response with the status of its code. */
export function sendError(response: ServerResponse, code: HostErrorCode, message: string): void {
  if (code === "host_starting") response.setHeader("retry-after", "5");
  const body: HostError = { error: { code, message } };
  sendJson(response, STATUS[code], body);
}
