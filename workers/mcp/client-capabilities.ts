import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import { isObject } from "./json.ts";

/** The members that say something; what else a client puts there is not passed on. */
const MEMBERS = {
  elicitation: ["form", "url"],
  roots: [],
  sampling: ["context", "tools"],
} as const;
const KINDS = ["elicitation", "roots", "sampling"] as const;

/** The askable part of a client's capabilities, in one order of members. */
export function parseClientCapabilities(capabilities: unknown): ClientCapabilities {
  const clientCapabilities: ClientCapabilities = {};
  if (!isObject(capabilities)) return clientCapabilities;
  for (const kind of KINDS) {
    const given = capabilities[kind];
    if (!isObject(given)) continue;
    const members = MEMBERS[kind].filter((member) => isObject(given[member]));
    clientCapabilities[kind] = Object.fromEntries(members.map((member) => [member, {}]));
  }
  return clientCapabilities;
}

export function acceptsServerRequests(clientCapabilities: ClientCapabilities): boolean {
  return KINDS.some((kind) => clientCapabilities[kind] !== undefined);
}

/** Whether the client said that it can answer this request of a server. */
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
      // Before 2025-11-25 there were no modes: an empty object means forms.
      return mode in modes || (mode === "form" && Object.keys(modes).length === 0);
    }
    default:
      return false;
  }
}
