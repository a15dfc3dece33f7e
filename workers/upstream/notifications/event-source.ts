import { MAX_SSE_LINE_BYTES } from "../../contract/limits.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { readSse, type SseEvent } from "../../mcp/sse.ts";
import {
  badResponse,
  bytesOf,
  guardedFetch,
  httpError,
  type UpstreamInit,
} from "../guarded-fetch.ts";
import type { Peer } from "../json-rpc.ts";
import type { ListenerContext } from "./listener.ts";

export type OpenedEvents =
  | { ok: true; events: AsyncGenerator<SseEvent> }
  | { ok: false; error: UpstreamError };

/** Sends a request that an event stream answers; its headers must come within the connect budget. */
export async function openEvents(
  peer: Peer,
  init: UpstreamInit,
  { options, slot }: ListenerContext,
): Promise<OpenedEvents> {
  const { budgets, allowPrivate, network, signal } = options;
  const headers = { ...peer.headers, ...init.headers };
  const fetched = await slot(() =>
    guardedFetch(
      peer.url,
      { ...init, headers },
      { allowPrivate, network, signal, firstByteMs: budgets.connectMs },
    ),
  );
  if (!fetched.ok) return fetched;
  const { response } = fetched;
  const body = bytesOf(response);
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && body && /^text\/event-stream\b/i.test(type))
    return { ok: true, events: readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES }) };
  await body?.cancel();
  const error = response.ok
    ? badResponse("The server's answer is no event stream")
    : httpError(response.status);
  return { ok: false, error };
}

/** Hands on the data of each event until the stream is over, for whatever reason. Never throws. */
export async function pump(
  events: AsyncGenerator<SseEvent>,
  hear: (text: string) => Promise<void>,
  note: (event: SseEvent) => void = () => undefined,
): Promise<void> {
  try {
    for await (const event of events) {
      note(event);
      if (event.data !== "") await hear(event.data);
    }
  } catch {
    // A broken stream is over like one that ended.
  }
}
