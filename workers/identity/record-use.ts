import { logFailure } from "../runtime/log.ts";

/** Stores when a credential was used. A failure, of a full database for example, must not refuse who uses it. */
export async function recordUse(stored: Promise<void>): Promise<void> {
  await stored.catch((error: unknown) => logFailure("use_not_stored", error));
}
