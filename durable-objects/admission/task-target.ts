import type { AdmitRequest } from "../../workers/contract/rpc/admission.ts";
import { openTaskId } from "../../workers/crypto/task-id.ts";
import { isTaskMethod } from "../../workers/mcp/request-target.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";
import type { TokenOwner } from "./token-owners.ts";

/** A task on a server; `key` is the tool that began it. */
export interface TaskTarget extends CallTarget {
  /** The server's own id. */
  taskId: string;
  /** The upstream session in which the task began, or the connection to an HTTP+SSE server; null: none. */
  sessionId: string | null;
}

/**
 * The task that a request names. Null: it names none, or the task cannot be reached by this token owner: another principal
 * began it, or its server is gone, disabled, at another URL, or does not speak the client's era any more.
 */
export function findTask(
  request: AdmitRequest,
  { token, member }: TokenOwner,
  workspace: LoadedWorkspace,
  masterKeys: string,
): TaskTarget | null {
  if (!isTaskMethod(request.method) && request.method !== "subscriptions/listen") return null;
  const { slug } = workspace.config.workspace;
  const owner = { slug, memberId: member?.id ?? null, tokenId: token.id };
  const findServer = (serverId: string) =>
    workspace.enabledServers.find(({ id }) => id === serverId);
  const opened = openTaskId(
    masterKeys,
    owner,
    request.target ?? "",
    (serverId) => findServer(serverId)?.url,
  );
  const server = opened && findServer(opened.serverId);
  if (!server) return null;
  const speaksEra =
    server.era === request.era || (request.era === "legacy" && server.legacy !== null);
  const { tool: key, taskId, sessionId } = opened;
  return speaksEra ? { server, key, taskId, sessionId } : null;
}
