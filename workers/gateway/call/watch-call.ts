import type { Call } from "./call.ts";

/** Short calls are over before anybody could stop them. */
const WATCH_AFTER_MS = 1_000;
/** Wait before asking again when the Workspace could not answer. */
const RETRY_AFTER_MS = 1_000;

/**
 * Stops a call whose client cancels it, or whose token is revoked, while its stream is open: within 2 s, or at once when
 * the stream is older than one.
 */
export function watchCall(call: Call): { stop(): void } {
  const done = new AbortController();
  // Not waited for: it ends with the stream.
  const timer = setTimeout(() => void follow(call, () => done.signal.aborted), WATCH_AFTER_MS);
  return {
    stop: () => {
      done.abort();
      clearTimeout(timer);
    },
  };
}

async function follow(call: Call, isOver: () => boolean): Promise<void> {
  const { env, slug, digest, session } = call.context;
  const request = {
    digest,
    era: call.message.era,
    lists: {},
    resources: [],
    session: null,
    since: null,
    call: session && `${session.key} ${call.message.id}`,
  };
  while (!isOver()) {
    const news = await env.WORKSPACES.getByName(slug)
      .watch(request)
      .catch(() => scheduler.wait(RETRY_AFTER_MS).then(() => null));
    if (isOver()) return;
    if (news?.kind === "ended") return call.cancel("token_revoked");
    if (news?.kind === "cancelled") return call.cancel("client_cancelled");
  }
}
