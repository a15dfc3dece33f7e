import { scanJson, textOf, type ScannedObject } from "../workers/mcp/json-scan.ts";
import { isObject } from "../workers/mcp/json.ts";
import { MESSAGE_LIMITS } from "./limits.ts";

/** A JSON-RPC message of the server, as its exact text and where its members stand in that. */
export type ServerMessage =
  | { kind: "response"; id: number; answer: Answer }
  | { kind: "request"; id: string; method: string; params: string | null }
  | { kind: "notification"; method: string; params: Params | null };

/** A result or an error, as its JSON text. */
export type Answer =
  | { kind: "result"; json: string }
  | { kind: "error"; json: string; code: number };

/** Parameters as they were sent: their values, the text they stand in, and their members in it. */
export interface Params {
  values: Record<string, unknown>;
  text: string;
  object: ScannedObject;
}

/** Understands one line of a server's output; null when it is no JSON-RPC message. */
export function parseServerMessage(line: string): ServerMessage | null {
  if (!line.trimStart().startsWith("{")) return null;
  const value = parseJson(line);
  const scan = scanJson(line, MESSAGE_LIMITS);
  if (!isObject(value) || !scan.ok || !scan.root) return null;
  const { root } = scan;
  const id = textOf(line, root, "id");
  const method = value["method"];
  if (typeof method === "string") {
    const params = value["params"];
    const object = root.members.get("params")?.object ?? null;
    if (id === undefined) {
      const hasParams = isObject(params) && object !== null;
      return {
        kind: "notification",
        method,
        params: hasParams ? { values: params, text: line, object } : null,
      };
    }
    return { kind: "request", id, method, params: textOf(line, root, "params") ?? null };
  }
  if (typeof value["id"] !== "number") return null;
  const answer = parseAnswer(line, root, value);
  return answer && { kind: "response", id: value["id"], answer };
}

/** The result or error in a JSON-RPC response; null when it holds neither. */
export function parseAnswer(
  text: string,
  root: ScannedObject,
  value: Record<string, unknown>,
): Answer | null {
  const error = textOf(text, root, "error");
  if (error !== undefined && isObject(value["error"])) {
    const code = value["error"]["code"];
    return { kind: "error", json: error, code: typeof code === "number" ? code : 0 };
  }
  const result = textOf(text, root, "result");
  return result === undefined ? null : { kind: "result", json: result };
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON text on one line: between tokens, where alone they can stand, line breaks become spaces. */
export function onOneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, " ");
}
