import { HOUR_MS } from "../contract/units.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openDb } from "../db/database.ts";
import { listWorkspacesToWake } from "../db/workspaces-to-wake.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { Semaphore } from "../runtime/semaphore.ts";

/** Objects check their servers every 6 h at least, give or take a fifth. */
const OVERDUE_AFTER_MS = 8 * HOUR_MS;
/** The others wait for the next run. */
const MAX_WORKSPACES = 500;
const WORKSPACES_AT_ONCE = 5;

/**
 * Wakes the objects of workspaces that do not check their servers, although they should by their own alarms, and of those
 * whose data key is wrapped with an older master key. `now`: epoch ms.
 */
export async function wakeWorkspaces(env: Env, now: number): Promise<void> {
  const [, ...older] = parseKeyRing(env.MCPNEST_MASTER_KEYS);
  const slugs = await listWorkspacesToWake(openDb(env.DB), {
    checkedBefore: now - OVERDUE_AFTER_MS,
    olderKids: older.map(({ kid }) => kid),
    most: MAX_WORKSPACES,
  });
  if (slugs.length > 0) logEvent({ event: "workspaces_woken", workspaces: slugs.length });
  const atOnce = new Semaphore(WORKSPACES_AT_ONCE);
  const wakes = slugs.map((slug) =>
    atOnce.run(() =>
      workspacesOf(env)
        .getByName(slug)
        .wake()
        .catch((error: unknown) => logFailure("workspace_not_woken", error, { workspace: slug })),
    ),
  );
  await Promise.all(wakes);
}
