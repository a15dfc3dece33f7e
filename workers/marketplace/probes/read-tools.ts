import { createHash } from "node:crypto";
import { MAX_JSON_DEPTH } from "../../contract/limits.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { BASE64URL } from "../../crypto/base64url.ts";
import type { StoredTool } from "../../db/marketplace-probes-schema.ts";
import { isObject } from "../../mcp/json.ts";
import { ERROR } from "../../mcp/protocol.ts";
import type { UpstreamConnection } from "../../upstream/connection.ts";
import { badResponse } from "../../upstream/upstream-errors.ts";

/** Tools of one address that are kept, and pages that are read for them. */
const MAX_TOOLS = 300;
const MAX_PAGES = 10;
/** Longer names are no names of tools that clients accept. */
const MAX_NAME_CHARS = 200;
/** Characters of a description that are kept. */
const MAX_DESCRIPTION_CHARS = 1_000;
/** Characters of all tools of an address as JSON: they are in each response with the server. */
const MAX_CHARS = 150_000;
const CHARS_PER_TOKEN = 4;
/** Enough that two definitions do not have the same digest by chance. */
const DIGEST_BYTES = 12;
const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

/** The tools that a server lists, or why it does not. */
export type ReadTools = { ok: true; tools: StoredTool[] } | { ok: false; error: UpstreamError };

/** Lists the tools of a server: the first 300, as far as they are not too large together. What is no tool is left out. */
export async function readTools(connection: UpstreamConnection): Promise<ReadTools> {
  const tools = new Map<string, StoredTool>();
  let chars = 0;
  let params: Record<string, unknown> = {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await connection.request("tools/list", params);
    if (!listed.ok)
      return listed.rpcError?.code === ERROR.methodNotFound ? { ok: true, tools: [] } : listed;
    const { tools: items, nextCursor } = listed.result;
    if (!Array.isArray(items))
      return { ok: false, error: badResponse("The server's response to tools/list has no list") };
    for (const item of items) {
      const tool = toTool(item);
      if (!tool || tools.has(tool.name)) continue;
      chars += JSON.stringify(tool).length;
      if (tools.size === MAX_TOOLS || chars > MAX_CHARS)
        return { ok: true, tools: [...tools.values()] };
      tools.set(tool.name, tool);
    }
    if (typeof nextCursor !== "string") break;
    params = { cursor: nextCursor };
  }
  return { ok: true, tools: [...tools.values()] };
}

function toTool(item: unknown): StoredTool | null {
  if (!isObject(item)) return null;
  const { name, title, description, inputSchema, outputSchema } = item;
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_CHARS) return null;
  const hints = isObject(item["annotations"]) ? item["annotations"] : {};
  const annotations = Object.fromEntries(
    HINTS.flatMap((hint) => {
      const value = hints[hint];
      return typeof value === "boolean" ? [[hint, value]] : [];
    }),
  );
  const schema = toCanonical({ inputSchema, outputSchema }, MAX_JSON_DEPTH);
  const texts = [toText(title), toText(description)] as const;
  return {
    name: name.toWellFormed(),
    title: texts[0]?.slice(0, MAX_NAME_CHARS) ?? null,
    description: texts[1]?.slice(0, MAX_DESCRIPTION_CHARS) ?? null,
    annotations,
    tokens: Math.ceil((name.length + (texts[1]?.length ?? 0) + schema.length) / CHARS_PER_TOKEN),
    digests: {
      description: toDigest(JSON.stringify(texts)),
      schema: toDigest(schema),
      annotations: toDigest(JSON.stringify(annotations)),
    },
  };
}

function toText(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.toWellFormed() : null;
}

/** A value as JSON with its members in order: some servers list them in another order each time. */
function toCanonical(value: unknown, depth: number): string {
  if (depth === 0) return "null";
  if (Array.isArray(value))
    return `[${value.map((item) => toCanonical(item, depth - 1)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${toCanonical(member, depth - 1)}`);
  return `{${members.join(",")}}`;
}

function toDigest(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  return new Uint8Array(digest.subarray(0, DIGEST_BYTES)).toBase64(BASE64URL);
}
