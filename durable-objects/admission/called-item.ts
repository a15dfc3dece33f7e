import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { CalledItem } from "../../workers/contract/rpc/admission.ts";
import { isTaskMethod } from "../../workers/mcp/request-target.ts";
import { findHold, type CalledKind } from "../policy/definition-hold.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";

const KINDS: Record<string, CalledKind> = {
  "tools/call": "tool",
  "prompts/get": "prompt",
  "resources/read": "resource",
};

/** The server of a call that was admitted before; undefined: it is gone or disabled, or the call is not allowed any more. */
export function findAllowedServer(
  { enabledServers }: LoadedWorkspace,
  access: ToolAccess,
  { method, serverId, key }: CalledItem,
): ServerRecord | undefined {
  const concernsTool =
    method === "tools/call" || method === "subscriptions/listen" || isTaskMethod(method);
  const isAllowed = concernsTool ? access.mayCall(serverId, key) : access.mayUseServer(serverId);
  return isAllowed ? enabledServers.find(({ id }) => id === serverId) : undefined;
}

/** Whether the next round of a call is not sent, because the definition that it uses has changed. */
export function isItemHeld(
  { upstreams }: LoadedWorkspace,
  { method, serverId, key }: CalledItem,
): boolean {
  const kind = KINDS[method];
  return kind !== undefined && findHold(upstreams.served.find(serverId), kind, key) !== null;
}
