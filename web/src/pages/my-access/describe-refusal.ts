import type { CallPage } from "../../api/workspace.ts";

type Call = CallPage["items"][number];

/** What to do about a refused call. */
const ASK = "Ask an admin of this workspace";

/** Why the caller's call was refused, and what to do. */
export function describeRefusal({ status, errorCode, serverSlug }: Call): string {
  if (status === "rate_limited")
    return "You made more calls in a minute than this workspace allows. Try again a minute later.";
  switch (errorCode) {
    case "tool_not_allowed":
      return `No rule of yours allows this tool. ${ASK} for it${serverSlug ? `, and name ${serverSlug}` : ""}.`;
    case "tool_not_selected":
      return "Your access allows this tool, but the token is narrowed to other tools. Change the token’s tools.";
    case "member_suspended":
      return `You are suspended in this workspace. ${ASK}.`;
    case "token_suspended":
      return `The token is suspended. Use another token, or ask an admin of this workspace.`;
    case "client_blocked":
      return `This workspace blocks the client that you used. ${ASK}, or use another client.`;
    case "workspace_stopped":
      return `All calls of this workspace are stopped. ${ASK} why.`;
    default:
      return `The gateway refused the call. ${ASK}.`;
  }
}
