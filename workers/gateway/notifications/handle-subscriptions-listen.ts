import { z } from "zod";
import { LIST_NAMES } from "../../contract/rpc/notification-stream.ts";
import { formatError } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR, META_SERVER_INFO, META_SUBSCRIPTION_ID, SERVER_INFO } from "../../mcp/protocol.ts";
import { errorResponse } from "../client/responses.ts";
import type { RequestContext } from "../context.ts";
import { streamChanges } from "./stream-changes.ts";
import { streamRefusedResponse } from "./stream-refusal.ts";
import { TaskStreams } from "./task-streams.ts";
import { WorkspaceStream } from "./workspace-stream.ts";

/**
 * The filter of `subscriptions/listen`. Members that the gateway does not support are ignored, and null means an absent
 * member.
 */
const Filter = z.object({
  toolsListChanged: z.boolean().nullish(),
  promptsListChanged: z.boolean().nullish(),
  resourcesListChanged: z.boolean().nullish(),
  resourceSubscriptions: z.array(z.string()).nullish(),
  taskIds: z.array(z.string()).nullish(),
});

/** `subscriptions/listen` (2026-07-28): a stream whose first message names the supported part of the filter. */
export async function handleSubscriptionsListen(
  message: McpRequest,
  context: RequestContext,
): Promise<Response> {
  const filter = Filter.safeParse(message.values["notifications"]);
  if (!filter.success) {
    const text = "params.notifications must be a filter as the specification describes it";
    return errorResponse(message.id, { code: ERROR.invalidParams, message: text });
  }
  const lists = LIST_NAMES.filter((list) => filter.data[`${list}ListChanged`] === true);
  const resources = filter.data.resourceSubscriptions ?? [];
  const taskIds = filter.data.taskIds ?? [];
  const client = { name: message.clientName, version: message.clientVersion };
  const wanted = { lists, resources, session: null, client };
  const result = await WorkspaceStream.open(context, wanted);
  if (result.kind !== "open") return streamRefusedResponse(message.id, result.kind);
  const { stream, opened } = result;
  const tasks = taskIds.length > 0 ? await TaskStreams.open(message, taskIds, context) : null;
  const subscriptionId: unknown = JSON.parse(message.id);
  const notification = (method: string, params: Record<string, unknown>) => {
    const _meta = { [META_SUBSCRIPTION_ID]: subscriptionId };
    return JSON.stringify({ jsonrpc: "2.0", method, params: { ...params, _meta } });
  };
  const supported = {
    ...Object.fromEntries(
      Object.keys(opened.position.lists).map((list) => [`${list}ListChanged`, true]),
    ),
    ...(opened.resources.length > 0 ? { resourceSubscriptions: opened.resources } : {}),
    ...(tasks && tasks.taskIds.length > 0 ? { taskIds: tasks.taskIds } : {}),
  };
  const _meta = { [META_SUBSCRIPTION_ID]: subscriptionId, [META_SERVER_INFO]: SERVER_INFO };
  const format = {
    first: notification("notifications/subscriptions/acknowledged", { notifications: supported }),
    notification,
    error: formatError(message.id, {
      code: ERROR.internal,
      message: "The gateway failed while it watched for changes. Subscribe again.",
      data: { reason: "internal" },
    }),
    last: `{"jsonrpc":"2.0","id":${message.id},"result":${JSON.stringify({ resultType: "complete", _meta })}}`,
  };
  return streamChanges(stream, format, context, tasks);
}
