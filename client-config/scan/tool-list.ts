import type { Path } from "../model.ts";

/** A tool as a server describes it. */
export interface ToolText {
  /** Name of its server, where the text has several; null: one server only. */
  server: string | null;
  name: string;
  path: Path;
  /** Every text of the tool, member names of its schema included. */
  texts: { text: string; path: Path }[];
  /** Size of its definition, characters. */
  size: number;
}

/** Deepest level of a schema that is read. */
const MAX_DEPTH = 40;
/** Most tools that are read. */
const MAX_TOOLS = 5000;

/**
 * The tools in a value: a result of `tools/list`, a JSON-RPC response with one, a list of tools, or an object with such a
 * value for each server. Null: the value is none of these.
 */
export function readToolList(value: unknown): ToolText[] | null {
  const lists = findLists(value);
  if (!lists) return null;
  return lists
    .flatMap(({ server, tools, path }) =>
      tools.flatMap((tool, i) => {
        const read = readTool(server, tool, [...path, i]);
        return read ? [read] : [];
      }),
    )
    .slice(0, MAX_TOOLS);
}

interface ToolListAt {
  server: string | null;
  tools: unknown[];
  path: Path;
}

function findLists(value: unknown): ToolListAt[] | null {
  const one = findList(value, null, []);
  if (one) return [one];
  if (Array.isArray(value)) {
    const several = value.map((item, i) => findList(item, `list ${i + 1}`, [i]));
    return several.length > 0 && several.every((list) => list !== null) ? several : null;
  }
  if (!isObject(value)) return null;
  const named = Object.entries(value).map(([name, member]) => findList(member, name, [name]));
  return named.length > 0 && named.every((list) => list !== null) ? named : null;
}

function findList(value: unknown, server: string | null, path: Path): ToolListAt | null {
  if (Array.isArray(value))
    return value.length > 0 && value.every(isTool) ? { server, tools: value, path } : null;
  if (!isObject(value)) return null;
  const { tools, result } = value;
  if (Array.isArray(tools) && tools.every(isTool))
    return { server, tools, path: [...path, "tools"] };
  if (isObject(result) && Array.isArray(result["tools"]) && result["tools"].every(isTool))
    return { server, tools: result["tools"], path: [...path, "result", "tools"] };
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTool(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value["name"] === "string" &&
    ["description", "inputSchema", "input_schema", "parameters", "title", "annotations"].some(
      (member) => Object.hasOwn(value, member),
    )
  );
}

function readTool(server: string | null, tool: unknown, path: Path): ToolText | null {
  if (!isObject(tool) || typeof tool["name"] !== "string") return null;
  const texts: ToolText["texts"] = [];
  collect(tool, path, texts, 0);
  const size = texts.reduce((sum, { text }) => sum + text.length + 4, 0);
  return { server, name: tool["name"], path, texts, size };
}

function collect(value: unknown, path: Path, texts: ToolText["texts"], depth: number): void {
  if (typeof value === "string") {
    texts.push({ text: value, path });
    return;
  }
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (!Array.isArray(value)) texts.push({ text: key, path: at });
    collect(member, at, texts, depth + 1);
  }
}
