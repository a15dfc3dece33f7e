import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import { isObject } from "./json.ts";
import type { McpRequest } from "./message.ts";
import { LATEST_LEGACY_VERSION, META_CLIENT_CAPABILITIES, TASKS_EXTENSION } from "./protocol.ts";

/** The known members of each capability; all others are not passed on. */
const MEMBERS = {
  elicitation: ["form", "url"],
  roots: [],
  sampling: ["context", "tools"],
} as const;
const KINDS = ["elicitation", "roots", "sampling"] as const;

/** The capabilities that concern server requests, with their members in a fixed order; unknown members are dropped. */
export function parseClientCapabilities(capabilities: unknown): ClientCapabilities {
  const clientCapabilities: ClientCapabilities = {};
  if (!isObject(capabilities)) return clientCapabilities;
  for (const kind of KINDS) {
    const declared = capabilities[kind];
    if (!isObject(declared)) continue;
    const members = MEMBERS[kind].filter((member) => isObject(declared[member]));
    clientCapabilities[kind] = Object.fromEntries(members.map((member) => [member, {}]));
  }
  return clientCapabilities;
}

/** Whether the client declared any capability that concerns server requests. */
export function acceptsServerRequests(clientCapabilities: ClientCapabilities): boolean {
  return KINDS.some((kind) => clientCapabilities[kind] !== undefined);
}

/**
 * Whether the client can begin a task and follow it. Modern clients declare the extension with each request. The legacy
 * era has tasks since 2025-11-25, without a capability for clients that only begin them.
 */
export function acceptsTasks({
  era,
  protocolVersion,
  values,
}: Pick<McpRequest, "era" | "protocolVersion" | "values">): boolean {
  if (era === "legacy") return protocolVersion === LATEST_LEGACY_VERSION;
  const meta = isObject(values["_meta"]) ? values["_meta"] : {};
  const capabilities = meta[META_CLIENT_CAPABILITIES];
  const extensions = isObject(capabilities) ? capabilities["extensions"] : undefined;
  return isObject(extensions) && isObject(extensions[TASKS_EXTENSION]);
}

/** Whether the client's capabilities cover this server request. */
export function supportsServerRequest(
  clientCapabilities: ClientCapabilities,
  method: string,
  params: unknown,
): boolean {
  switch (method) {
    case "roots/list":
      return clientCapabilities.roots !== undefined;
    case "sampling/createMessage":
      return clientCapabilities.sampling !== undefined;
    case "elicitation/create": {
      const modes = clientCapabilities.elicitation;
      if (!modes) return false;
      const mode = isObject(params) && params["mode"] === "url" ? "url" : "form";
      // Before 2025-11-25 elicitation has no modes: an empty object means `form`.
      return mode in modes || (mode === "form" && Object.keys(modes).length === 0);
    }
    default:
      return false;
  }
}
