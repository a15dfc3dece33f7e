import type { Askable } from "../contract/admission.ts";
import { isObject } from "./json.ts";

/** The members that say something; what else a client puts there is not passed on. */
const MEMBERS = {
  elicitation: ["form", "url"],
  roots: [],
  sampling: ["context", "tools"],
} as const;
const KINDS = ["elicitation", "roots", "sampling"] as const;

/** The askable part of a client's capabilities, in one order of members. */
export function askableOf(capabilities: unknown): Askable {
  const askable: Askable = {};
  if (!isObject(capabilities)) return askable;
  for (const kind of KINDS) {
    const given = capabilities[kind];
    if (!isObject(given)) continue;
    const members = MEMBERS[kind].filter((member) => isObject(given[member]));
    askable[kind] = Object.fromEntries(members.map((member) => [member, {}]));
  }
  return askable;
}

export function isAskable(askable: Askable): boolean {
  return KINDS.some((kind) => askable[kind] !== undefined);
}

/** Whether the client said that it can answer this request of a server. */
export function canAnswer(askable: Askable, method: string, params: unknown): boolean {
  switch (method) {
    case "roots/list":
      return askable.roots !== undefined;
    case "sampling/createMessage":
      return askable.sampling !== undefined;
    case "elicitation/create": {
      const modes = askable.elicitation;
      if (!modes) return false;
      const mode = isObject(params) && params["mode"] === "url" ? "url" : "form";
      // Before 2025-11-25 there were no modes: an empty object means forms.
      return mode in modes || (mode === "form" && Object.keys(modes).length === 0);
    }
    default:
      return false;
  }
}
