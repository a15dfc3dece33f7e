import type { Context } from "hono";
import { errorResponse } from "../http/error-responses.ts";
import { type Caller, toActor } from "../identity/caller.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import { MinuteCount } from "../runtime/minute-count.ts";

/** Changes and exports of one person or API key in a minute: each stores an audit event at least. */
const MAX_CHANGES_PER_MINUTE = 300;
const MAX_CALLERS = 10_000;
/** By actor. Every isolate counts its own: the limit bounds what is stored, and need not be exact. */
const counts = new BoundedMap<MinuteCount>(MAX_CALLERS);

/** 429 for a change or an export beyond the caller's limit; null: it passes. The operator has no limit. */
export function refuseByChangeLimit(c: Context, caller: Caller): Response | null {
  const isChange = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (caller.kind === "operator" || (!isChange && !c.req.path.endsWith("/export"))) return null;
  const actor = toActor(caller);
  const count = counts.get(actor) ?? new MinuteCount(MAX_CHANGES_PER_MINUTE);
  counts.set(actor, count);
  if (count.add(Date.now())) return null;
  c.header("retry-after", "60");
  const message = `You have made ${MAX_CHANGES_PER_MINUTE} changes and exports in a minute, which is the maximum. Try again in a minute.`;
  return errorResponse(c, 429, "rate_limited", message);
}
