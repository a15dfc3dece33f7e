import type {
  WatchChangesRequest,
  WatchChangesResult,
} from "../../contract/rpc/notification-stream.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { ClientDisconnected, ClientStream, whenClientLeaves } from "../client/client-stream.ts";
import { eventStreamResponse } from "../client/responses.ts";
import type { EntryContext } from "../context.ts";
import type { TaskStreams } from "./task-streams.ts";

/** After this many failed watches in a row the stream is broken off, and the client opens another. */
const MAX_FAILURES = 5;
const RETRY_MS = 1_000;

/** The messages of a stream in the client's era, as JSON texts. */
interface StreamFormat {
  /** Sent before all others; null: none. */
  first: string | null;
  notification(method: string, params: Record<string, unknown>): string;
  /** Sent when the gateway closes the stream; null: none. */
  last: string | null;
  /** Sent when the gateway fails unexpectedly; null: none. */
  error: string | null;
}

type WatchChanges = (request: WatchChangesRequest) => Promise<WatchChangesResult>;

/**
 * The response of an open stream. It goes on until the client disconnects, its token is not valid any more, or it is
 * subscribed to nothing that can still change. `tasks`: the tasks whose changes it carries; null: none.
 */
export function streamChanges(
  start: WatchChangesRequest,
  format: StreamFormat,
  context: EntryContext,
  tasks: TaskStreams | null = null,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  context.ctx.waitUntil(writeChanges(start, format, context, new ClientStream(writable), tasks));
  return eventStreamResponse(readable);
}

async function writeChanges(
  start: WatchChangesRequest,
  format: StreamFormat,
  { env, slug, request }: EntryContext,
  client: ClientStream,
  tasks: TaskStreams | null,
): Promise<void> {
  const workspace = workspacesOf(env).getByName(slug);
  const fields = { workspace: slug };
  const closeStream = () =>
    workspace
      .closeStream(start.stream)
      .catch((error: unknown) => logFailure("stream_close_failed", error, fields));
  const keepAlive = setInterval(
    // A disconnected client ends the watch, and the watch ends the loop below.
    () => void client.sendKeepAlive().catch(closeStream),
    budgetsOf(env).keepAliveMs,
  );
  whenClientLeaves(request, closeStream);
  try {
    await (format.first === null ? client.sendKeepAlive() : client.sendToClient(format.first));
    const watchChanges: WatchChanges = async (request) => workspace.watchChanges(request);
    const relayOthers = () => relayChanges(start, format, client, watchChanges);
    const end = await relayWithTasks(start, relayOthers, tasks, client);
    if (tasks) await closeStream();
    if (end === "broken") return await client.abort();
    if (format.last !== null) await client.sendToClient(format.last);
    await client.close();
  } catch (error) {
    await closeStream();
    if (error instanceof ClientDisconnected) return;
    logFailure("stream_failed", error, fields);
    await sendError(format, client);
  } finally {
    clearInterval(keepAlive);
    tasks?.close();
  }
}

/** Relays the changes and the tasks' notifications. A stream without any other subscription ends with its last task. */
async function relayWithTasks(
  start: WatchChangesRequest,
  relayOthers: () => Promise<"closed" | "broken">,
  tasks: TaskStreams | null,
  client: ClientStream,
): Promise<"closed" | "broken"> {
  if (!tasks) return isEmpty(start) ? "closed" : relayOthers();
  const tasksEnd = tasks.relay((text) => client.sendToClient(text));
  // Without other subscriptions, too: the watch ends when the token is revoked.
  const others = relayOthers();
  const end = tasksEnd.then(() => (isEmpty(start) ? "closed" : others));
  return Promise.race([others, end]);
}

/** Ends the stream after an unexpected failure of the gateway. */
async function sendError({ error }: StreamFormat, client: ClientStream): Promise<void> {
  try {
    if (error === null) return await client.abort();
    await client.sendToClient(error);
    await client.close();
  } catch {
    // The client has disconnected.
  }
}

/** Watches for changes and sends them as notifications. `closed`: there are no more; `broken`: the Workspace fails. */
async function relayChanges(
  start: WatchChangesRequest,
  format: StreamFormat,
  client: ClientStream,
  watchChanges: WatchChanges,
): Promise<"closed" | "broken"> {
  let position = start;
  for (let failures = 0; failures < MAX_FAILURES;) {
    const result = await watchChanges(position).catch((error: unknown) => {
      logFailure("stream_watch_failed", error);
      return null;
    });
    if (result === null) {
      failures++;
      await scheduler.wait(RETRY_MS);
      continue;
    }
    if (result.kind === "closed") return "closed";
    failures = 0;
    for (const list of result.changedLists)
      await client.sendToClient(format.notification(`notifications/${list}/list_changed`, {}));
    for (const uri of result.updatedResources)
      await client.sendToClient(format.notification("notifications/resources/updated", { uri }));
    position = { ...position, lists: result.lists, since: result.since };
  }
  return "broken";
}

/** Whether the stream is subscribed to nothing that the gateway supports. */
function isEmpty({ lists, resources, session }: WatchChangesRequest): boolean {
  return Object.keys(lists).length === 0 && resources.length === 0 && session === null;
}
