import { formatError, formatNotification, formatResponse } from "../workers/mcp/json-rpc.ts";
import { scanJson, findMemberText } from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import { ERROR, META_SERVER_INFO, META_SUBSCRIPTION_ID } from "../workers/mcp/protocol.ts";
import type { ChangeNotification } from "./change-announcer.ts";
import type { HostedServer } from "./hosted-server.ts";
import { MESSAGE_LIMITS } from "./limits.ts";
import type { Reply } from "./reply.ts";
import { withMeta } from "./rpc-text.ts";
import type { Session } from "./session.ts";

/** The filter member, the capability and the notification of each list. */
const LIST_CHANGES = [
  ["toolsListChanged", "tools", "notifications/tools/list_changed"],
  ["promptsListChanged", "prompts", "notifications/prompts/list_changed"],
  ["resourcesListChanged", "resources", "notifications/resources/list_changed"],
] as const;

/** The notifications that a stream receives: methods of list changes, and URIs of resources. */
interface Filter {
  methods: Set<string>;
  uris: Set<string>;
  /** The part of the client's filter that the server supports. */
  honoured: Record<string, unknown>;
}

/** Serves `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions) until the client disconnects. */
export async function serveListen(server: HostedServer, text: string, reply: Reply): Promise<void> {
  const scan = scanJson(text, MESSAGE_LIMITS);
  const body = parseJson(text);
  const params = isObject(body) && isObject(body["params"]) ? body["params"] : {};
  const id = (scan.ok && findMemberText(text, scan.root, "id")) || "null";
  if (!isObject(params["notifications"]) || !reply.canStream) {
    const message =
      "params.notifications must be an object, and Accept must include text/event-stream";
    return reply.end(200, formatError(id, { code: ERROR.invalidParams, message }));
  }
  const filter = toFilter(params["notifications"], server.description?.capabilities ?? {});
  const meta = { [META_SUBSCRIPTION_ID]: id };
  const stopListening = server.changes.listen((notification) => {
    if (!matchesFilter(notification, filter)) return;
    reply.sendMessage(formatNotification(notification.method, withMeta(notification.params, meta)));
  });
  reply.onClose(() => {
    stopListening();
    for (const uri of filter.uris) void server.unsubscribe(uri);
  });
  const acknowledged = `{"notifications":${JSON.stringify(filter.honoured)},"_meta":{"${META_SUBSCRIPTION_ID}":${id}}}`;
  reply.sendMessage(formatNotification("notifications/subscriptions/acknowledged", acknowledged));
  await Promise.all([...filter.uris].map((uri) => server.subscribe(uri)));
  if (filter.methods.size > 0 || filter.uris.size > 0) return;
  // No notification can match: the stream ends at once.
  const info = JSON.stringify(server.description?.serverInfo ?? {});
  const end = `{"resultType":"complete","_meta":{"${META_SUBSCRIPTION_ID}":${id},"${META_SERVER_INFO}":${info}}}`;
  reply.end(200, formatResponse(id, "result", end));
}

/** Serves a session's `GET` stream until the client disconnects or the session ends. */
export function serveSessionStream(server: HostedServer, session: Session, reply: Reply): void {
  reply.openStream();
  const stopListening = server.changes.listen(({ method, params, uri }) => {
    if (uri !== null && !session.subscriptions.has(uri)) return;
    reply.sendMessage(formatNotification(method, params && JSON.stringify(params.values)));
  });
  session.streams.add(reply);
  reply.onClose(() => {
    session.streams.delete(reply);
    stopListening();
  });
  session.end.signal.addEventListener("abort", () => reply.end(200, null), { once: true });
}

/** The requested notifications that the server's capabilities support. */
function toFilter(
  requested: Record<string, unknown>,
  capabilities: Record<string, unknown>,
): Filter {
  const filter: Filter = { methods: new Set(), uris: new Set(), honoured: {} };
  for (const [member, capability, method] of LIST_CHANGES) {
    const serverCapability = capabilities[capability];
    if (
      requested[member] !== true ||
      !isObject(serverCapability) ||
      serverCapability["listChanged"] !== true
    )
      continue;
    filter.methods.add(method);
    filter.honoured[member] = true;
  }
  const uris = requested["resourceSubscriptions"];
  const { resources } = capabilities;
  if (Array.isArray(uris) && isObject(resources) && resources["subscribe"] === true) {
    for (const uri of uris) if (typeof uri === "string") filter.uris.add(uri);
    if (filter.uris.size > 0) filter.honoured["resourceSubscriptions"] = [...filter.uris];
  }
  return filter;
}

function matchesFilter({ method, uri }: ChangeNotification, filter: Filter): boolean {
  return uri === null ? filter.methods.has(method) : filter.uris.has(uri);
}
