import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { CalledItem, CallRoute } from "../../workers/contract/rpc/admission.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";
import { isTaskMethod } from "../../workers/mcp/request-target.ts";
import { isUiMemberOfContent } from "../../workers/mcp/ui-members.ts";
import { findHold, type CalledKind } from "../policy/definition-hold.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import { matchesTemplate } from "../tool-catalogue/uri-template.ts";
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

/** What the response to a call must be, or keep, of what is approved. */
export function findLocks(
  { upstreams }: LoadedWorkspace,
  method: string,
  { server, key, skill }: Pick<CallTarget, "server" | "key" | "skill">,
): Pick<CallRoute, "skill" | "approvedUi"> {
  if (skill) return { skill };
  if (server.changePolicy !== "hold") return {};
  if (method !== "resources/read") return { approvedUi: "{}" };
  const { resources = [], templates = [] } = upstreams.served.find(server.id)?.catalogue ?? {};
  const approvedItem =
    resources.find((item) => item.key === key) ??
    templates.find((item) => matchesTemplate(item.key, key));
  const meta = parseObject(approvedItem?.json ?? "{}")?.["_meta"];
  const members = Object.entries(isObject(meta) ? meta : {});
  const approved = members.filter(([name]) => isUiMemberOfContent(name));
  return { approvedUi: JSON.stringify(Object.fromEntries(approved)) };
}
