import { isObject } from "./json.ts";

/** Methods whose target modern requests repeat in the `Mcp-Name` header. */
export const NAMED_METHODS = new Set([
  "tools/call",
  "prompts/get",
  "resources/read",
  "tasks/get",
  "tasks/update",
  "tasks/cancel",
]);
/** Methods that need a target, with the error message for a missing one. */
export const TARGETED_METHODS: Record<string, string> = {
  "tools/call": "params.name must be a string",
  "prompts/get": "params.name must be a string",
  "resources/read": "params.uri must be a string",
  "resources/subscribe": "params.uri must be a string",
  "resources/unsubscribe": "params.uri must be a string",
  "skills/get": "params.uri must be a string",
  "resources/directory/read": "params.uri must be a string",
  "completion/complete": "params.ref must name a prompt or a resource",
  "tasks/get": "params.taskId must be a string",
  "tasks/result": "params.taskId must be a string",
  "tasks/update": "params.taskId must be a string",
  "tasks/cancel": "params.taskId must be a string",
};

/** Whether the method concerns a task that a tool call has begun. */
export function isTaskMethod(method: string): boolean {
  return method.startsWith("tasks/");
}

/** Whether the method can concern a tool or prompt, which its audit row then names. */
export function concernsNamed(method: string): boolean {
  const isNamed = ["tools/call", "prompts/get", "subscriptions/listen"].includes(method);
  return isNamed || isTaskMethod(method);
}

/**
 * A request's tool or prompt name, resource URI, task id, or completion reference (`prompt:name`, `resource:uri`); null:
 * none.
 */
export function findTarget(method: string, values: Record<string, unknown>): string | null {
  switch (method) {
    case "tools/call":
    case "prompts/get":
      return toStringOrNull(values["name"]);
    case "resources/read":
    case "resources/subscribe":
    case "resources/unsubscribe":
    case "skills/get":
    case "resources/directory/read":
      return toStringOrNull(values["uri"]);
    case "tasks/get":
    case "tasks/result":
    case "tasks/update":
    case "tasks/cancel":
      return toStringOrNull(values["taskId"]);
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
