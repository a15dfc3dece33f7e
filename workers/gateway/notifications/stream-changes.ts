import { logFailure } from "../../runtime/log.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { ClientDisconnected, ClientStream, whenClientLeaves } from "../client/client-stream.ts";
import { eventStreamResponse } from "../client/responses.ts";
import type { EntryContext } from "../context.ts";
import type { TaskStreams } from "./task-streams.ts";
import type { WorkspaceStream } from "./workspace-stream.ts";

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

/**
 * The response of an open stream. It goes on until the client disconnects, its token is not valid any more, or it is
 * subscribed to nothing that can still change. `tasks`: the tasks whose changes it carries; null: none.
 */
export function streamChanges(
  stream: WorkspaceStream,
  format: StreamFormat,
  context: EntryContext,
  tasks: TaskStreams | null = null,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  context.ctx.waitUntil(writeChanges(stream, format, context, new ClientStream(writable), tasks));
  return eventStreamResponse(readable);
}

async function writeChanges(
  stream: WorkspaceStream,
  format: StreamFormat,
  { env, slug, request }: EntryContext,
  client: ClientStream,
  tasks: TaskStreams | null,
): Promise<void> {
  const keepAlive = setInterval(
    // A disconnected client ends the stream, and that ends the relay below.
    () => void client.sendKeepAlive().catch(() => stream.close()),
    budgetsOf(env).keepAliveMs,
  );
  whenClientLeaves(request, () => stream.close());
  try {
    await (format.first === null ? client.sendKeepAlive() : client.sendToClient(format.first));
    const end = await relayWithTasks(stream, format, client, tasks);
    if (end === "broken") return await client.abort();
    if (format.last !== null) await client.sendToClient(format.last);
    await client.close();
  } catch (error) {
    if (error instanceof ClientDisconnected) return;
    logFailure("stream_failed", error, { workspace: slug });
    await sendError(format, client);
  } finally {
    clearInterval(keepAlive);
    tasks?.close();
    await stream.close();
  }
}

/** Relays the changes and the tasks' notifications. A stream without any other subscription ends with its last task. */
async function relayWithTasks(
  stream: WorkspaceStream,
  format: StreamFormat,
  client: ClientStream,
  tasks: TaskStreams | null,
): Promise<"closed" | "broken"> {
  if (!tasks) return stream.isEmpty ? "closed" : relayChanges(stream, format, client);
  const tasksEnd = tasks.relay((text) => client.sendToClient(text));
  // Without other subscriptions, too: it ends when the token is revoked.
  const others = relayChanges(stream, format, client);
  const end = tasksEnd.then(() => (stream.isEmpty ? "closed" : others));
  return Promise.race([others, end]);
}

/** Sends the changes as notifications. `closed`: there are no more; `broken`: the Workspace fails. */
async function relayChanges(
  stream: WorkspaceStream,
  format: StreamFormat,
  client: ClientStream,
): Promise<"closed" | "broken"> {
  for (;;) {
    const changes = await stream.next();
    if (typeof changes === "string") return changes;
    for (const list of changes.changedLists)
      await client.sendToClient(format.notification(`notifications/${list}/list_changed`, {}));
    for (const uri of changes.updatedResources)
      await client.sendToClient(format.notification("notifications/resources/updated", { uri }));
  }
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
