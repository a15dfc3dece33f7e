import type { ListenTargets } from "../../contract/rpc/notification-stream.ts";
import { LONGEST_SILENCE_MS, SseConnection } from "../http-sse.ts";
import type { Peer } from "../json-rpc.ts";
import {
  updateResourceSubscriptions,
  type ListenerContext,
  type OpenedChangeListener,
} from "./listener.ts";

/** Listens on the event stream of HTTP+SSE (2024-11-05), which carries all messages of a server. */
export async function listenOnHttpSse(
  peer: Peer,
  targets: ListenTargets,
  { options, onMessage, runLimited, meter }: ListenerContext,
): Promise<OpenedChangeListener> {
  const opened = await runLimited(() => SseConnection.open(peer, options, meter));
  if (!opened.ok) return opened;
  const { connection } = opened;
  const initialized = await runLimited(() => connection.initialize());
  if (!initialized.ok) {
    connection.close();
    return { ok: false, error: initialized.error };
  }
  const subscribed = new Set<string>();
  const change = ({ uris }: ListenTargets) =>
    updateResourceSubscriptions(subscribed, uris, (text) =>
      runLimited(() => connection.post(text)),
    );
  const read = async () => {
    for (;;) {
      const next = await connection.next(Date.now() + LONGEST_SILENCE_MS);
      if (!next.ok) return connection.close();
      onMessage(next.text);
    }
  };
  const ended = read();
  await change(targets);
  const close = () => Promise.resolve(connection.close());
  return { ok: true, listener: { ended, change, close } };
}
