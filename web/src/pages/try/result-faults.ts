import { isSpecType, type CallToolResult, type ContentBlock } from "@modelcontextprotocol/client";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/** What is wrong with a tool's result: one sentence, and what the client library says. */
export interface ResultFault {
  sentence: string;
  details: string;
}

/** A tool's result. `fault`: it is not valid, and `result` has only its valid parts. */
export interface CheckedResult {
  result: CallToolResult;
  fault: ResultFault | null;
}

/** Content types of MCP. */
const CONTENT_TYPES = ["text", "image", "audio", "resource_link", "resource"];
/** A type of a server can be long. */
const MAX_NAME_LENGTH = 60;

type Json = Record<string, unknown>;

/** Takes the valid parts of a result that the client library refuses. `details`: why it does. */
export function readInvalidResult(raw: unknown, details: string): CheckedResult {
  const { content, structuredContent, isError } = isJson(raw) ? raw : {};
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  const bad = blocks.findIndex((block) => !isContentBlock(block));
  const result: CallToolResult = { content: blocks.filter(isContentBlock) };
  if (isJson(structuredContent)) result.structuredContent = structuredContent;
  if (isError === true) result.isError = true;
  const sentence =
    bad === -1
      ? "The result of the tool does not follow MCP."
      : describeBlock(blocks[bad], `Part ${bad + 1} of ${blocks.length} of the result`);
  return { result, fault: { sentence, details } };
}

function describeBlock(block: unknown, name: string): string {
  const { type, data, resource } = isJson(block) ? block : {};
  if (typeof type !== "string") return `${name} has no content type.`;
  const shown = escapeLine(type.slice(0, MAX_NAME_LENGTH));
  if (!CONTENT_TYPES.includes(type)) return `${name} has the unknown content type “${shown}”.`;
  const bytes = isJson(resource) ? resource["blob"] : data;
  if (typeof bytes === "string" && !isBase64(bytes))
    return `${name} (${shown}) is not valid base64.`;
  return `${name} (${shown}) does not follow MCP.`;
}

function isBase64(text: string): boolean {
  try {
    atob(text);
    return true;
  } catch {
    // This is what is asked.
    return false;
  }
}

function isContentBlock(value: unknown): value is ContentBlock {
  return isSpecType.ContentBlock(value);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
