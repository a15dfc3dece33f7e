import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";

/** The period of `STRANGER_LIMIT` and `VISITOR_LIMIT` in `wrangler.toml`. */
export const STRANGER_WAIT_SECONDS = 60;

/**
 * Whether a client address may send another request with a credential that is not known here. Approximate, and without a
 * request to an object: the exact limits of failures are behind it.
 */
export async function passesStrangerLimit(env: Env, address: string): Promise<boolean> {
  return passes(env.STRANGER_LIMIT, address);
}

/** Whether a client address may send another request for the marketplace without a credential. */
export async function passesVisitorLimit(env: Env, address: string): Promise<boolean> {
  return passes(env.VISITOR_LIMIT, address);
}

async function passes(limit: RateLimit | undefined, address: string): Promise<boolean> {
  try {
    return !limit || (await limit.limit({ key: address })).success;
  } catch (error) {
    logFailure("stranger_limit_failed", error);
    return true;
  }
}
