import { SseConnection } from "../http-sse.ts";
import type { Peer } from "../json-rpc.ts";
import { updateResourceSubscriptions } from "./change-subscriptions.ts";
import type { ListenTargets } from "./listener.ts";
import type { OpenedChangeListener } from "./listener.ts";
import type { ListenerContext } from "./listener.ts";

/** How long one look at the stream may take: a quiet server is no broken one. */
const QUIET_MS = 24 * 60 * 60_000;

/** By an event stream of HTTP+SSE (2024-11-05), on which a server says everything. */
export async function listenOnHttpSse(
  peer: Peer,
  wanted: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  const opened = await context.slot(() => SseConnection.open(peer, context.options));
  if (!opened.ok) return opened;
  const { connection } = opened;
  const initialized = await context.slot(() => connection.initialize());
  if (!initialized.ok) {
    connection.close();
    return { ok: false, error: initialized.error };
  }
  const subscribed = new Set<string>();
  const change = ({ uris }: ListenTargets) =>
    updateResourceSubscriptions(subscribed, uris, (text) =>
      context.slot(() => connection.post(text)),
    );
  const read = async () => {
    for (;;) {
      const next = await connection.next(Date.now() + QUIET_MS);
      if (!next.ok) return connection.close();
      await context.hear(next.text);
    }
  };
  const ended = read();
  await change(wanted);
  const close = () => Promise.resolve(connection.close());
  return { ok: true, following: { ended, change, close } };
}
