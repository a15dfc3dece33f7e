import type { Context } from "hono";
import type { Action } from "../contract/api/people.ts";
import { findRoleNow } from "../identity/caller.ts";
import { logFailure } from "../runtime/log.ts";
import type { ManagementEnv } from "./authorize.ts";
import { ROLES } from "./roles.ts";

const CHECK_INTERVAL_MS = 1_000;
/** D1 allows 1,000 queries per Worker invocation, of which a file needs some for its rows. */
const MAX_CHECKS = 900;

/** `ended`: the caller has no right to the stream any more. `unknown`: it cannot be checked further. */
export type RightEnd = "ended" | "unknown";

/**
 * Passes a stream on for as long as the caller is allowed the action in the workspace: the right is checked every second,
 * so that the stream ends with the caller's session, API key, membership, role or workspace. `close` then closes the
 * stream, or breaks it off. A stream ends after 15 minutes at the latest, and its client can open another one.
 */
export function relayWhileAllowed(
  c: Context<ManagementEnv>,
  action: Action,
  source: ReadableStream<Uint8Array>,
  close: (controller: ReadableStreamDefaultController<Uint8Array>, end: RightEnd) => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const over = new AbortController();
  return new ReadableStream({
    start(controller) {
      // Not awaited: it ends with the stream.
      void waitForEnd(c, action, over.signal).then((end) => {
        if (over.signal.aborted) return;
        over.abort();
        close(controller, end);
        return reader.cancel();
      });
    },
    async pull(controller) {
      const next = await reader.read().catch((error: unknown) => {
        over.abort();
        throw error;
      });
      if (over.signal.aborted) return;
      if (!next.done) return controller.enqueue(next.value);
      over.abort();
      controller.close();
    },
    async cancel(reason) {
      over.abort();
      await reader.cancel(reason);
    },
  });
}

async function waitForEnd(
  c: Context<ManagementEnv>,
  action: Action,
  over: AbortSignal,
): Promise<RightEnd> {
  for (let checks = 0; checks < MAX_CHECKS && !over.aborted; checks++) {
    const isAllowed = await isStillAllowed(c, action);
    if (isAllowed !== true) return isAllowed === false ? "ended" : "unknown";
    await scheduler.wait(CHECK_INTERVAL_MS);
  }
  return "unknown";
}

/** Null: the database did not respond. */
async function isStillAllowed(
  { var: { db, caller, workspace } }: Context<ManagementEnv>,
  action: Action,
): Promise<boolean | null> {
  try {
    const role = caller ? await findRoleNow(db, caller, workspace.id) : undefined;
    return role === null || (role !== undefined && ROLES[action].includes(role));
  } catch (error) {
    logFailure("right_check_failed", error, { workspace: workspace.slug });
    return null;
  }
}
