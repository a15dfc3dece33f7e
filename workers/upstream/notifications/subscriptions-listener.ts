import { MODERN_VERSION } from "../../mcp/protocol.ts";
import type { SseEvent } from "../../mcp/sse.ts";
import { makeRequest, withTimeout, type Peer } from "../json-rpc.ts";
import { openEvents, pump } from "./event-source.ts";
import type { ListenTargets } from "./listener.ts";
import type { OpenedChangeListener } from "./listener.ts";
import type { ChangeListener } from "./listener.ts";
import type { ListenerContext } from "./listener.ts";

/** By `subscriptions/listen`: one stream, replaced by another when something else is wanted. */
export async function listenBySubscription(
  peer: Peer,
  wanted: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  const opened = await listen(peer, wanted, context);
  if (!opened.ok) return opened;
  let end = () => undefined as void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let current = opened.events;
  const read = async (events: AsyncGenerator<SseEvent>) => {
    await pump(events, context.hear);
    if (events === current) end();
  };
  void read(current);
  const following: ChangeListener = {
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
  return { ok: true, following };
}

/** A stream, once the server has acknowledged it. */
async function listen(peer: Peer, wanted: ListenTargets, context: ListenerContext) {
  const { text } = makeRequest("modern", "subscriptions/listen", {
    notifications: {
      ...Object.fromEntries(wanted.lists.map((list) => [`${list}ListChanged`, true])),
      ...(wanted.uris.length > 0 ? { resourceSubscriptions: wanted.uris } : {}),
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
  // The acknowledgement, which has to come first: from then on nothing is missed.
  const first = await withTimeout(
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
