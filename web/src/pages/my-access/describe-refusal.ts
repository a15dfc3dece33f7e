import type { CallPage } from "../../api/workspace.ts";

type Call = CallPage["items"][number];

/** What to do about a refused call. */
const IF_STILL = "If it still is so, ask an admin of this workspace";

/** Why the caller's call was refused then, and what to do if that still holds. The access can have changed since. */
export function describeRefusal({ status, errorCode, serverSlug }: Call): string {
  if (status === "rate_limited")
    return "You made more calls in a minute than this workspace allows. Try again a minute later.";
  switch (errorCode) {
    case "tool_not_allowed":
      return `At that time no rule of yours allowed this tool. If you still miss it, ask for access${serverSlug ? "" : " to its server"}.`;
    case "tool_not_selected":
      return "At that time your access allowed this tool, and the token was narrowed to other tools. If your access still allows it, change the token’s tools.";
    case "member_suspended":
      return `At that time you were suspended in this workspace. ${IF_STILL}.`;
    case "token_suspended":
      return "At that time the token was suspended. Use another token, or ask an admin of this workspace.";
    case "client_blocked":
      return `At that time this workspace blocked the client that you used. ${IF_STILL}, or use another client.`;
    case "workspace_stopped":
      return `At that time all calls of this workspace were stopped. ${IF_STILL} why.`;
    default:
      return "The gateway refused the call. Ask an admin of this workspace.";
  }
}
