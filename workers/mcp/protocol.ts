import type { Era } from "../contract/records/workspace.ts";

/** The supported revision of the modern era. */
export const MODERN_VERSION = "2026-07-28";
/** The supported revisions of the legacy era, newest first. */
export const LEGACY_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;
/** Offered to clients and servers that name no supported revision. */
export const LATEST_LEGACY_VERSION = LEGACY_VERSIONS[0];

/** The gateway's name and version, as server and as client. */
export const SERVER_INFO = { name: "mcpnest", title: "mcpnest gateway", version: "0.1.0" } as const;

/** Members of `_meta` in the modern era (2026-07-28, basic, "_meta"). */
export const META_PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
export const META_CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
export const META_CLIENT_INFO = "io.modelcontextprotocol/clientInfo";
export const META_LOG_LEVEL = "io.modelcontextprotocol/logLevel";
export const META_SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
/** Legacy era only: the task to which a message belongs (2025-11-25, basic/utilities/tasks). */
export const META_RELATED_TASK = "io.modelcontextprotocol/related-task";
export const META_SERVER_INFO = "io.modelcontextprotocol/serverInfo";

/** The tasks extension of the modern era (ext-tasks, 2026-07-28). */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
/** The skills extension of both eras (SEP-2640). */
export const SKILLS_EXTENSION = "io.modelcontextprotocol/skills";

/** JSON-RPC and MCP error codes (2026-07-28, basic, "Error codes"). */
export const ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** Implementation-defined, as is the next one, which exists in the legacy era only. */
  unauthorized: -32000,
  sessionNotFound: -32001,
  /** Legacy era only; since 2026-07-28 it is `invalidParams`. */
  resourceNotFound: -32002,
  toolNotAllowed: -32003,
  stopped: -32004,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
  /** Legacy era only: the client must have its user open a page, then call again (2025-11-25, client/elicitation). */
  urlElicitationRequired: -32042,
} as const;

const SHARED_METHODS = [
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "skills/list",
  "skills/get",
  "resources/directory/read",
  "completion/complete",
  "tasks/get",
  "tasks/cancel",
];

const METHODS: Record<Era, ReadonlySet<string>> = {
  modern: new Set(["server/discover", "subscriptions/listen", "tasks/update", ...SHARED_METHODS]),
  legacy: new Set([
    "initialize",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "tasks/result",
    ...SHARED_METHODS,
  ]),
};

/** Whether the gateway supports this request method in this era. */
export function isKnownMethod(era: Era, method: string): boolean {
  return METHODS[era].has(method);
}
