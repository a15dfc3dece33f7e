import { isObject } from "./json.ts";

/** Methods whose target modern requests repeat in the `Mcp-Name` header. */
export const NAMED_METHODS = new Set(["tools/call", "prompts/get", "resources/read"]);
/** Methods that need a target, with the error message for a missing one. */
export const TARGETED_METHODS: Record<string, string> = {
  "tools/call": "params.name must be a string",
  "prompts/get": "params.name must be a string",
  "resources/read": "params.uri must be a string",
  "resources/subscribe": "params.uri must be a string",
  "resources/unsubscribe": "params.uri must be a string",
  "completion/complete": "params.ref must name a prompt or a resource",
};

/** A request's tool or prompt name, resource URI, or completion reference (`prompt:name`, `resource:uri`); null: none. */
export function findTarget(method: string, values: Record<string, unknown>): string | null {
  switch (method) {
    case "tools/call":
    case "prompts/get":
      return toStringOrNull(values["name"]);
    case "resources/read":
    case "resources/subscribe":
    case "resources/unsubscribe":
      return toStringOrNull(values["uri"]);
    case "completion/complete": {
      const ref = isObject(values["ref"]) ? values["ref"] : {};
      if (ref["type"] === "ref/prompt" && typeof ref["name"] === "string")
        return `prompt:${ref["name"]}`;
      if (ref["type"] === "ref/resource" && typeof ref["uri"] === "string")
        return `resource:${ref["uri"]}`;
      return null;
    }
    default:
      return null;
  }
}

/** The value if it is a string, else null. */
export function toStringOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
