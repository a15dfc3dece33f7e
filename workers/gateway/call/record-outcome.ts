import type { CallOutcome } from "../../contract/records/audit.ts";
import { encodeOutcomes } from "../../contract/records/outcome-rows.ts";
import type { Env } from "../../runtime/env.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";

/** Outcomes wait this long, so that one RPC records several. */
const FLUSH_AFTER_MS = 250;
const FLUSH_AT_ROWS = 50;
/** Outcomes that wait for longer have lost their timer: the platform ended the request that had begun it. */
const OVERDUE_AFTER_MS = 1_000;
/**
 * The delay doubles from 250 ms with each attempt. All take 16 s, which a restart of the object does not; the platform
 * ends the work after a response after 30 s.
 */
const MAX_ATTEMPTS = 7;

/** The call log that a call was admitted to. */
interface CallLogAddress {
  /** The workspace's slug, by which its object is addressed. */
  slug: string;
  life: string;
}

interface PendingOutcomes extends CallLogAddress {
  /** Epoch ms. */
  beganAt: number;
  outcomes: CallOutcome[];
}

/** Outcomes that wait to be recorded, by the life of their call log. No request depends on them: each can record them. */
const pending = new Map<string, PendingOutcomes>();

/**
 * Records an outcome in the workspace's call log, together with others of this isolate: after 250 ms or 50 rows. The
 * client does not wait for it. An outcome that is lost with the isolate becomes an `unknown` row.
 */
export function recordOutcome(
  { slug, life }: CallLogAddress,
  outcome: CallOutcome,
  env: Env,
  ctx: Pick<ExecutionContext, "waitUntil">,
): void {
  const known = pending.get(life);
  if (!known) {
    const first = { slug, life, beganAt: Date.now(), outcomes: [outcome] };
    pending.set(life, first);
    ctx.waitUntil(scheduler.wait(FLUSH_AFTER_MS).then(() => flush(first, env)));
    return;
  }
  known.outcomes.push(outcome);
  const isOverdue = Date.now() - known.beganAt >= OVERDUE_AFTER_MS;
  if (isOverdue || known.outcomes.length >= FLUSH_AT_ROWS) ctx.waitUntil(flush(known, env));
}

/** Records all outcomes of this isolate now. */
export async function flushOutcomes(env: Env): Promise<void> {
  await Promise.all([...pending.values()].map((waiting) => flush(waiting, env)));
}

async function flush(waiting: PendingOutcomes, env: Env): Promise<void> {
  const { slug, life, outcomes } = waiting;
  if (pending.get(life) === waiting) pending.delete(life);
  const rows = outcomes.splice(0);
  if (rows.length === 0) return;
  const text = encodeOutcomes(rows);
  for (let attempt = 1; ; attempt++) {
    try {
      return await workspacesOf(env).getByName(slug).recordOutcomes(life, text);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS)
        return logFailure("outcomes_lost", error, { workspace: slug, rows: rows.length });
      await scheduler.wait(FLUSH_AFTER_MS * 2 ** (attempt - 1));
    }
  }
}
