import type { ParamHeader } from "../../workers/contract/rpc/admission.ts";
import { isOutputWrapped } from "../../workers/mcp/definitions/output-schema.ts";
import { findParamHeaders } from "../../workers/mcp/headers.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";

/** What a call needs of its tool's definition. */
export interface ToolDetails {
  /** The `x-mcp-header` annotations of the arguments; null: none. */
  paramHeaders: ParamHeader[] | null;
  /** Whether legacy clients see the output wrapped as `{"result": …}`. */
  wrapsOutput: boolean;
}

/**
 * The resource that holds a tool's user interface (MCP Apps, `_meta.ui.resourceUri`, earlier `_meta["ui/resourceUri"]`);
 * null: none.
 */
export function findUiResource(json: string): string | null {
  if (!json.includes("ui://")) return null;
  const meta = parseObject(json)?.["_meta"];
  if (!isObject(meta)) return null;
  const uri = isObject(meta["ui"]) ? meta["ui"]["resourceUri"] : meta["ui/resourceUri"];
  return typeof uri === "string" && uri.startsWith("ui://") ? uri : null;
}

/** Reads a tool's definition. */
export function readToolDetails(json: string): ToolDetails {
  const hasAnnotations = json.includes("x-mcp-header");
  if (!hasAnnotations && !json.includes("outputSchema"))
    return { paramHeaders: null, wrapsOutput: false };
  const tool = parseObject(json) ?? {};
  const found = hasAnnotations ? findParamHeaders(tool["inputSchema"]) : [];
  return {
    paramHeaders: found === "invalid" || found.length === 0 ? null : found,
    wrapsOutput: isOutputWrapped(tool["outputSchema"]),
  };
}
