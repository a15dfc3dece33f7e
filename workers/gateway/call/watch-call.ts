import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { toCallKey } from "../client/client-session.ts";
import type { Call } from "./call.ts";

/** Shorter calls are not watched: they end before they can be stopped. */
const WATCH_AFTER_MS = 1_000;
/** Delay after a failed watch. */
const RETRY_AFTER_MS = 1_000;

/**
 * Stops a call when its client cancels it or has no right to it any more (its token is revoked or has expired, a rule or
 * the server is removed or disabled, or an admin stops it), as long as its stream is open: at once when the call is older than a second,
 * otherwise within 2 s. `url`: the call also stops when the server gets another URL than this one.
 */
export function watchCall(call: Call, url: string | null = null): { stop(): void } {
  const done = new AbortController();
  // Not awaited: it ends with the stream.
  const timer = setTimeout(() => void watch(call, url, () => done.signal.aborted), WATCH_AFTER_MS);
  return {
    stop: () => {
      done.abort();
      clearTimeout(timer);
    },
  };
}

async function watch(call: Call, url: string | null, isDone: () => boolean): Promise<void> {
  const { env, slug, digest, session } = call.context;
  const { endpoint, target } = call.route;
  const request = {
    digest,
    call: session && toCallKey(session, call.message.id),
    client: { name: call.message.clientName, version: call.message.clientVersion },
    item: { method: call.message.method, serverId: endpoint.serverId, key: target ?? "" },
    url,
  };
  while (!isDone()) {
    const result = await workspacesOf(env)
      .getByName(slug)
      .watchCall(request)
      .catch(async (error: unknown) => {
        logFailure("call_watch_failed", error, { workspace: slug });
        await scheduler.wait(RETRY_AFTER_MS);
        return null;
      });
    if (isDone()) return;
    if (result === "cancelled") return call.cancel("client_cancelled");
    if (result !== null && result !== "unchanged") return call.cancel(result);
  }
}
