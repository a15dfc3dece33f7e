import { scanJson, findMemberText, type ScannedObject } from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import { MESSAGE_LIMITS } from "./limits.ts";

/** A JSON-RPC message of the server. Ids, params, results and errors are exact JSON texts. */
export type ServerMessage =
  | { kind: "response"; id: number; response: RpcResponse }
  | { kind: "request"; id: string; method: string; params: string | null }
  | { kind: "notification"; method: string; params: Params | null };

/** The result or the error of a JSON-RPC response, as JSON text. */
export type RpcResponse =
  | { kind: "result"; json: string }
  | { kind: "error"; json: string; code: number };

/** The params of a notification: parsed, and as an object that was scanned in the message's text. */
export interface Params {
  values: Record<string, unknown>;
  text: string;
  object: ScannedObject;
}

/** Parses one line of a server's output; null when it is not a JSON-RPC message. */
export function parseServerMessage(line: string): ServerMessage | null {
  if (!line.trimStart().startsWith("{")) return null;
  const value = parseJson(line);
  const scan = scanJson(line, MESSAGE_LIMITS);
  if (!isObject(value) || !scan.ok || !scan.root) return null;
  const { root } = scan;
  const id = findMemberText(line, root, "id");
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
    return { kind: "request", id, method, params: findMemberText(line, root, "params") ?? null };
  }
  if (typeof value["id"] !== "number") return null;
  const response = parseRpcResponse(line, root, value);
  return response && { kind: "response", id: value["id"], response };
}

/** The result or error in a JSON-RPC response; null: it has neither. `text`, `root` and `value` are the same message. */
export function parseRpcResponse(
  text: string,
  root: ScannedObject,
  value: Record<string, unknown>,
): RpcResponse | null {
  const error = findMemberText(text, root, "error");
  if (error !== undefined && isObject(value["error"])) {
    const code = value["error"]["code"];
    return { kind: "error", json: error, code: typeof code === "number" ? code : 0 };
  }
  const result = findMemberText(text, root, "result");
  return result === undefined ? null : { kind: "result", json: result };
}

/** A JSON text on one line: line breaks, which can occur only between tokens, become spaces. */
export function toOneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, " ");
}
