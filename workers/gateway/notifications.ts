import { z } from "zod";
import { MAX_STREAMS_PER_TOKEN } from "../contract/limits.ts";
import type { OpenStreamRequest, OpenedStream } from "../contract/rpc/notification-stream.ts";
import type { ListName, WatchResult, WatchRequest } from "../contract/rpc/watch.ts";
import type { McpRequest } from "../mcp/message.ts";
import {
  ERROR,
  LEGACY_VERSIONS,
  META_SERVER_INFO,
  META_SUBSCRIPTION_ID,
  SERVER_INFO,
} from "../mcp/protocol.ts";
import { formatSse } from "../mcp/sse.ts";
import { budgetsOf } from "../runtime/env.ts";
import { KEEP_ALIVE } from "./call/stream-to-client.ts";
import {
  badRequest,
  errorResponse,
  eventStreamResponse,
  unauthorized,
} from "./client/responses.ts";
import type { RequestContext } from "./context.ts";

/** A stream that is quiet by nature carries a comment less often than that of a call, by this factor. */
const KEEP_ALIVE_FACTOR = 5;
/** A Workspace that cannot be asked is asked again this often, with a pause, before the client is let go. */
const MAX_FAILURES = 5;
const RETRY_MS = 1_000;

const LISTS = ["tools", "prompts", "resources"] as const;

/** The filter of `subscriptions/listen`; what else a client may ask for is not offered. */
const Filter = z.object({
  toolsListChanged: z.boolean().optional(),
  promptsListChanged: z.boolean().optional(),
  resourcesListChanged: z.boolean().optional(),
  resourceSubscriptions: z.array(z.string()).optional(),
});

/** What a client of one era reads: the JSON texts of messages. */
interface Wording {
  /** Sent before anything else. */
  first: string | null;
  notification(method: string, params: Record<string, unknown>): string;
  /** Sent when the stream ends because there is nothing to hear any more. */
  last: string | null;
}

/** The GET stream of a legacy client (2025-11-25, streamable HTTP, "Listening for messages from the server"). */
export async function openNotificationStream(context: RequestContext): Promise<Response> {
  const version = context.request.headers.get("mcp-protocol-version");
  if (version !== null && !LEGACY_VERSIONS.some((known) => known === version)) {
    const message = `Unsupported MCP-Protocol-Version; use one of ${LEGACY_VERSIONS.join(", ")}`;
    return badRequest(400, message);
  }
  const listening = await listen(
    { era: "legacy", lists: [...LISTS], resources: [], session: context.session?.key ?? null },
    context,
  );
  if (listening.kind !== "listening") return refuse("null", listening);
  const notification = (method: string, params: Record<string, unknown>) =>
    JSON.stringify({ jsonrpc: "2.0", method, params });
  return respond(listening.watch, { first: null, notification, last: null }, context);
}

/** `subscriptions/listen` (2026-07-28): a stream that begins with what of the filter is honoured. */
export async function openSubscription(
  message: McpRequest,
  context: RequestContext,
): Promise<Response> {
  const filter = Filter.safeParse(message.values["notifications"]);
  if (!filter.success) {
    const text = "params.notifications must be a filter as the specification describes it";
    return errorResponse(message.id, { code: ERROR.invalidParams, message: text });
  }
  const lists = LISTS.filter((list) => filter.data[`${list}ListChanged`] === true);
  const resources = filter.data.resourceSubscriptions ?? [];
  const listening = await listen({ era: "modern", lists, resources, session: null }, context);
  if (listening.kind !== "listening") return refuse(message.id, listening);
  const { watch } = listening;
  const tag: unknown = JSON.parse(message.id);
  const notification = (method: string, params: Record<string, unknown>) =>
    JSON.stringify({
      jsonrpc: "2.0",
      method,
      params: { ...params, _meta: { [META_SUBSCRIPTION_ID]: tag } },
    });
  const honoured = {
    ...Object.fromEntries(Object.keys(watch.lists).map((list) => [`${list}ListChanged`, true])),
    ...(watch.resources.length > 0 ? { resourceSubscriptions: watch.resources } : {}),
  };
  const meta = { [META_SUBSCRIPTION_ID]: tag, [META_SERVER_INFO]: SERVER_INFO };
  const wording = {
    first: notification("notifications/subscriptions/acknowledged", { notifications: honoured }),
    notification,
    last: `{"jsonrpc":"2.0","id":${message.id},"result":${JSON.stringify({ resultType: "complete", _meta: meta })}}`,
  };
  return respond(watch, wording, context);
}

async function listen(
  request: Omit<OpenStreamRequest, "digest" | "key">,
  { env, slug, digest }: RequestContext,
): Promise<OpenedStream | { kind: "unavailable" }> {
  try {
    const key = crypto.randomUUID();
    return await env.WORKSPACES.getByName(slug).listen({ ...request, digest, key });
  } catch {
    return { kind: "unavailable" };
  }
}

function refuse(id: string, { kind }: { kind: "ended" | "too_many" | "unavailable" }): Response {
  if (kind === "ended") return unauthorized();
  if (kind === "unavailable") {
    const message = "The gateway cannot open a stream now. Try again in a few seconds.";
    return errorResponse(id, { code: ERROR.internal, message }, 503, { "retry-after": "5" });
  }
  const message = `This token has ${MAX_STREAMS_PER_TOKEN} streams open, and may not have more: close one first`;
  const data = { reason: "too_many_streams" };
  return errorResponse(id, { code: ERROR.rateLimited, message, data }, 429);
}

function respond(first: WatchRequest, wording: Wording, context: RequestContext): Response {
  const { readable, writable } = new IdentityTransformStream();
  context.ctx.waitUntil(deliver(first, wording, context, writable.getWriter()));
  return eventStreamResponse(readable);
}

const encoder = new TextEncoder();

/** Tells the client of changes until it is gone, or its token is. */
async function deliver(
  first: WatchRequest,
  wording: Wording,
  { env, slug }: RequestContext,
  writer: WritableStreamDefaultWriter,
): Promise<void> {
  const workspace = env.WORKSPACES.getByName(slug);
  const leave = () => workspace.cancelCall(first.call ?? "").catch(() => undefined);
  const beat = setInterval(
    () => {
      // Whoever does not read must not make the object wait: the watch ends, and the loop below with it.
      void writer.write(KEEP_ALIVE).catch(leave);
    },
    budgetsOf(env).keepAliveMs * KEEP_ALIVE_FACTOR,
  );
  const send = (text: string) => writer.write(encoder.encode(formatSse(text)));
  try {
    await (wording.first === null ? writer.write(KEEP_ALIVE) : send(wording.first));
    const isLasting = await tell(first, wording, send, (watch) => workspace.watch(watch));
    if (!isLasting) return await writer.abort();
    if (wording.last !== null) await send(wording.last);
    await writer.close();
  } catch {
    // Only the client's side throws here: it is gone.
    await leave();
  } finally {
    clearInterval(beat);
  }
}

/** Watches, and says what is new. True when there is nothing more to tell, false when that cannot be known. */
async function tell(
  first: WatchRequest,
  wording: Wording,
  send: (text: string) => Promise<void>,
  watch: (request: WatchRequest) => Promise<WatchResult>,
): Promise<boolean> {
  if (followsNothing(first)) return true;
  for (let known = first, failures = 0; failures < MAX_FAILURES;) {
    const news = await watch(known).catch(() => null);
    if (news === null) {
      failures++;
      await scheduler.wait(RETRY_MS);
      continue;
    }
    if (news.kind !== "news") return true;
    failures = 0;
    for (const list of news.changed)
      await send(wording.notification(`notifications/${list}/list_changed`, {}));
    for (const uri of news.updated)
      await send(wording.notification("notifications/resources/updated", { uri }));
    known = { ...known, lists: news.lists, since: news.since };
  }
  return false;
}

function followsNothing({ lists, resources, session }: WatchRequest): boolean {
  // Every member of this record is a list that is followed.
  const followed = Object.keys(lists) as ListName[];
  return followed.length === 0 && resources.length === 0 && session === null;
}
