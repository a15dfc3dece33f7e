import { authFailuresOf } from "../http/auth-failures.ts";
import { callerAddress, clientAddress } from "../http/client-address.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Env } from "../runtime/env.ts";
import { digestSecret } from "./random-secrets.ts";

/** Digests of the credentials that were accepted in this isolate: they pass although others fail at the same address. */
const accepted = new BoundedMap<true>(1_000);

/** The result of an attempt that the limit of failures has let pass or refused. */
export type Attempt<T> = { kind: "made"; result: T | null } | { kind: "limited"; seconds: number };

/**
 * Has a request's credential judged, if its address does not have too many failures or the credential was accepted before. `judge`
 * returns null for a failure, which is counted.
 */
export async function attemptWithin<T>(
  env: Env,
  request: Request,
  credential: string,
  judge: () => Promise<T | null>,
): Promise<Attempt<T>> {
  const digest = await digestSecret(credential);
  const header = env.CLIENT_ADDRESS_HEADER;
  const address = callerAddress(request, header, digest);
  const failures = authFailuresOf(env, address);
  const isAccepted = accepted.get(digest) === true;
  if (!isAccepted) {
    if (!(await passesStrangerLimit(env, clientAddress(request, header))))
      return { kind: "limited", seconds: STRANGER_WAIT_SECONDS };
    const seconds = await failures.take(address);
    if (seconds !== null) return { kind: "limited", seconds };
  }
  const result = await judge();
  if (result === null) {
    accepted.delete(digest);
    if (isAccepted) await failures.take(address);
  } else if (!isAccepted) {
    accepted.set(digest, true);
    await failures.forgive(address);
  }
  return { kind: "made", result };
}
