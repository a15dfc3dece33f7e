import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import {
  bytesOf,
  discardBody,
  guardedFetch,
  type FetchOptions,
  type UpstreamInit,
} from "./guarded-fetch.ts";
import { badResponse, httpError } from "./upstream-errors.ts";

/** An open event stream, or why the server opened none. */
export type OpenedStream =
  | { ok: true; body: ReadableStream<Uint8Array>; response: Response }
  | { ok: false; error: UpstreamError };

/** Whether the response is an event stream, by its content type. */
export function isEventStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
}

/** Whether the response is JSON, by its content type. */
export function isJson(response: Response): boolean {
  return /^application\/json\b/i.test(response.headers.get("content-type") ?? "");
}

/**
 * Sends a request whose response must be an event stream. Never throws.
 * @param firstByteMs time for the response headers
 */
export async function openEventStream(
  url: string,
  init: UpstreamInit,
  options: FetchOptions,
  firstByteMs: number,
): Promise<OpenedStream> {
  const fetched = await guardedFetch(url, init, options, firstByteMs);
  if (!fetched.ok) return fetched;
  const { response } = fetched;
  const body = bytesOf(response);
  if (response.ok && body && isEventStream(response)) return { ok: true, body, response };
  await discardBody(response);
  const error = response.ok
    ? badResponse("The server's response is not an event stream")
    : httpError(response.status);
  return { ok: false, error };
}

/** Ends the reading of an event stream. That fails only when the upstream's connection has failed already. */
export function closeEvents(events: AsyncGenerator): void {
  void events.return(undefined).catch(() => undefined);
}
