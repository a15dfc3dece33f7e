import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";

/** The period of `STRANGER_LIMIT` in `wrangler.toml`. */
export const STRANGER_WAIT_SECONDS = 60;

/**
 * Whether a client address may send another request with a credential that is not known here. Approximate, and without a
 * request to an object: the exact limits of failures are behind it.
 */
export async function passesStrangerLimit(env: Env, address: string): Promise<boolean> {
  try {
    return !env.STRANGER_LIMIT || (await env.STRANGER_LIMIT.limit({ key: address })).success;
  } catch (error) {
    logFailure("stranger_limit_failed", error);
    return true;
  }
}
