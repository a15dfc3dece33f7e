import type { CallOutcome } from "../../contract/records/audit.ts";
import { encodeOutcomes } from "../../contract/records/outcome-rows.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent } from "../../runtime/log.ts";

const FLUSH_AFTER_MS = 250;
const FLUSH_AT_ROWS = 50;
const ATTEMPTS = 3;

/** Outcomes that wait for company, by workspace. Nothing in it steers a request. */
const waiting = new Map<string, CallOutcome[]>();

/**
 * Hands an outcome to the workspace's book, together with others of this isolate: after at most 250 ms or 50 rows.
 * The client waits for none of it. What is lost with the isolate in that time becomes an `unknown` row.
 */
export function recordOutcome(
  slug: string,
  outcome: CallOutcome,
  env: Env,
  ctx: Pick<ExecutionContext, "waitUntil">,
): void {
  const outcomes = waiting.get(slug);
  if (!outcomes) {
    const first = [outcome];
    waiting.set(slug, first);
    ctx.waitUntil(scheduler.wait(FLUSH_AFTER_MS).then(() => flush(slug, first, env)));
    return;
  }
  outcomes.push(outcome);
  if (outcomes.length >= FLUSH_AT_ROWS) ctx.waitUntil(flush(slug, outcomes, env));
}

async function flush(slug: string, outcomes: CallOutcome[], env: Env): Promise<void> {
  if (waiting.get(slug) === outcomes) waiting.delete(slug);
  const rows = outcomes.splice(0);
  if (rows.length === 0) return;
  const text = encodeOutcomes(rows);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await env.WORKSPACES.getByName(slug).recordOutcomes(text);
    } catch {
      await scheduler.wait(attempt * FLUSH_AFTER_MS);
    }
  }
  logEvent({ event: "outcomes_lost", workspace: slug, rows: rows.length });
}
