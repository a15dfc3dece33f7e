import { formatError, formatResponse } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import type { FailureCode } from "../../upstream/failure-text.ts";

/** The member of a result's `_meta` with the reason of a failed tool call, which an error has in its `data`. */
const FAILURE_META = "mcpnest/failure";

/** Failures that are no behaviour of the server which a model could act on. */
const PROTOCOL_ERRORS = new Set<FailureCode>([
  "input_required",
  "too_many_suspended_calls",
  "upstream_bad_response",
  "internal",
]);

/**
 * The response to a call whose server failed, as JSON text. A model reads a tool's result, but not a JSON-RPC error, so
 * that a tool call gets a result with `isError` (2025-11-25 and 2026-07-28, server/tools, "Error Handling").
 */
export function formatFailure(
  { id, era, method }: McpRequest,
  text: string,
  data: { reason: FailureCode; server?: string },
): string {
  if (data.reason === "unknown_task")
    return formatError(id, { code: ERROR.invalidParams, message: text, data });
  if (method !== "tools/call" || PROTOCOL_ERRORS.has(data.reason))
    return formatError(id, { code: ERROR.internal, message: text, data });
  const _meta = { [FAILURE_META]: data };
  const result = { content: [{ type: "text", text }], isError: true, _meta };
  const complete = era === "modern" ? { resultType: "complete" } : {};
  return formatResponse(id, "result", JSON.stringify({ ...complete, ...result }));
}
