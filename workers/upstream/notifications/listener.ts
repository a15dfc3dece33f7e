import { MAX_CHANGE_BYTES } from "../../contract/limits.ts";
import type { ListenTargets } from "../../contract/rpc/notification-stream.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { readSse, type SseEvent } from "../../mcp/sse.ts";
import type { StreamMeter } from "../../mcp/stream-meter.ts";
import type { UpstreamInit } from "../guarded-fetch.ts";
import { makeRequest, type Peer, type UpstreamOptions } from "../json-rpc.ts";
import { openEventStream } from "../open-stream.ts";

/** A connection on which a server sends change notifications. */
export interface ChangeListener {
  /** Resolves when the connection has ended, on either side. Never rejects. */
  ended: Promise<void>;
  /** Replaces the targets without a gap; a failure ends the connection. */
  change(targets: ListenTargets): Promise<void>;
  close(): Promise<void>;
}

/** An open listener, or why the server offers none. */
export type OpenedChangeListener =
  | { ok: true; listener: ChangeListener }
  | { ok: false; error: UpstreamError };

/** What a listener needs of its caller. */
export interface ListenerContext {
  options: UpstreamOptions;
  /** Handles one message. */
  onMessage: (text: string) => void;
  /** Limits what the server sends, over all streams of the listener. */
  meter: StreamMeter;
  /** Runs work that waits for response headers; the object limits how much of it runs at once. */
  runLimited: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The events of a stream, or why the server opened none. */
type OpenedEvents =
  | { ok: true; events: AsyncGenerator<SseEvent> }
  | { ok: false; error: UpstreamError };

/** Sends a request whose response is an event stream; its headers must arrive within the connect budget. */
export async function openEvents(
  peer: Peer,
  init: UpstreamInit,
  { options, runLimited, meter }: ListenerContext,
): Promise<OpenedEvents> {
  const headers = { ...peer.headers, ...init.headers };
  const opened = await runLimited(() =>
    openEventStream(peer.url, { ...init, headers }, options, options.budgets.connectMs),
  );
  return opened.ok
    ? { ok: true, events: readSse(opened.body, { maxBytes: MAX_CHANGE_BYTES, meter }) }
    : opened;
}

/**
 * Passes the data of each event to `onMessage`, which returns before the next one is read, until the stream ends for any
 * reason. Never throws.
 */
export async function readMessages(
  events: AsyncGenerator<SseEvent>,
  onMessage: (text: string) => Promise<void> | void,
  onEvent: (event: SseEvent) => void = () => undefined,
): Promise<void> {
  try {
    for await (const event of events) {
      onEvent(event);
      if (event.data !== "") await onMessage(event.data);
    }
  } catch {
    // A broken stream has ended, like one that the server closed.
  }
}

/** Subscribes a legacy session to new URIs and unsubscribes it from those that are no longer targets. */
export async function updateResourceSubscriptions(
  subscribed: Set<string>,
  uris: string[],
  sendToUpstream: (text: string) => Promise<unknown>,
): Promise<void> {
  const targets = new Set(uris);
  for (const uri of subscribed) {
    if (targets.has(uri)) continue;
    subscribed.delete(uri);
    await sendToUpstream(makeRequest("legacy", "resources/unsubscribe", { uri }).text);
  }
  for (const uri of targets) {
    if (subscribed.has(uri)) continue;
    subscribed.add(uri);
    await sendToUpstream(makeRequest("legacy", "resources/subscribe", { uri }).text);
  }
}
