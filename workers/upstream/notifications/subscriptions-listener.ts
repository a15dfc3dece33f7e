import type { ListenTargets } from "../../contract/rpc/notification-stream.ts";
import { MODERN_VERSION } from "../../mcp/protocol.ts";
import type { SseEvent } from "../../mcp/sse.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import { makeRequest, type Peer } from "../json-rpc.ts";
import {
  openEvents,
  readMessages,
  type ChangeListener,
  type ListenerContext,
  type OpenedChangeListener,
} from "./listener.ts";

/** Listens by `subscriptions/listen` (2026-07-28): one stream, replaced by another when the targets change. */
export async function listenBySubscription(
  peer: Peer,
  targets: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  const opened = await listen(peer, targets, context);
  if (!opened.ok) return opened;
  let end = () => undefined as void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let current = opened.events;
  const read = async (events: AsyncGenerator<SseEvent>) => {
    await readMessages(events, context.onMessage);
    if (events === current) end();
  };
  void read(current);
  const listener: ChangeListener = {
    ended,
    async change(next) {
      const reopened = await listen(peer, next, context);
      const before = current;
      if (!reopened.ok) return void before.return(undefined);
      current = reopened.events;
      void read(current);
      await before.return(undefined);
    },
    async close() {
      await current.return(undefined);
    },
  };
  return { ok: true, listener };
}

/** Opens a stream and waits for the server's acknowledgement. */
async function listen(peer: Peer, targets: ListenTargets, context: ListenerContext) {
  const { text } = makeRequest("modern", "subscriptions/listen", {
    notifications: {
      ...Object.fromEntries(targets.lists.map((list) => [`${list}ListChanged`, true])),
      ...(targets.uris.length > 0 ? { resourceSubscriptions: targets.uris } : {}),
    },
  });
  const opened = await openEvents(
    peer,
    {
      method: "POST",
      body: text,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": MODERN_VERSION,
        "mcp-method": "subscriptions/listen",
      },
    },
    context,
  );
  if (!opened.ok) return opened;
  // The acknowledgement is the first message; every change after it is sent.
  const first = await withTimeout(
    // The events fail only with the upstream's connection.
    opened.events.next().catch(() => null),
    context.options.budgets.connectMs,
  );
  if (first && first !== "late" && !first.done) return opened;
  await opened.events.return(undefined);
  return { ok: false as const, error: NOT_ACKNOWLEDGED };
}

const NOT_ACKNOWLEDGED = {
  code: "upstream_bad_response",
  message: "The server did not acknowledge the subscription",
} as const;
