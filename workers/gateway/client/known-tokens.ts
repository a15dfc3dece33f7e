import type { ClientIdentity, Denial } from "../../contract/rpc/admission.ts";
import { authFailuresOf } from "../../http/auth-failures.ts";
import { callerAddress, clientAddress } from "../../http/client-address.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../../http/stranger-limit.ts";
import { BoundedMap } from "../../runtime/bounded-map.ts";
import { logFailure } from "../../runtime/log.ts";
import type { EntryContext, RequestContext } from "../context.ts";

/**
 * Slugs by token digest: tokens that were valid when this isolate saw them first. Their requests go to the workspace, which
 * judges each of them. All others are judged before anything is read or woken for them.
 */
const known = new BoundedMap<string>(10_000);

/** How long a refused token is refused again without being judged. */
const REFUSED_FOR_MS = 10_000;
/** Until when (epoch ms) tokens are refused, by slug and digest: a client that repeats its request costs nothing. */
const refusedUntil = new BoundedMap<number>(10_000);

/** Whether this isolate has seen the token accepted for this slug. */
export function isKnownToken({ slug, digest }: EntryContext): boolean {
  return known.get(digest) === slug;
}

/** Judges a token that this isolate does not know. Null: it is valid, and known from now on. */
export async function judgeUnknownToken(context: EntryContext): Promise<Denial | null> {
  const { env, slug, request } = context;
  const client = toIdentity(context);
  if ((refusedUntil.get(toKey(slug, client)) ?? 0) > Date.now()) return { kind: "unauthorized" };
  if (!(await passesStrangerLimit(env, clientAddress(request, env.CLIENT_ADDRESS_HEADER))))
    return { kind: "rate_limited", retryAfterSeconds: STRANGER_WAIT_SECONDS };
  try {
    const result = await authFailuresOf(env, client.address).judgeToken(slug, client);
    if (result.kind === "unauthorized") rememberRefused(slug, client);
    if (result.kind !== "authenticated") return result;
  } catch (error) {
    logFailure("token_not_judged", error);
    return { kind: "unavailable" };
  }
  known.set(client.digest, slug);
  return null;
}

/** Forgets a token that the workspace has refused, and counts it as a failure of the client's address. */
export function forgetToken({ env, ctx, slug }: EntryContext, client: ClientIdentity): void {
  known.delete(client.digest);
  rememberRefused(slug, client);
  const counted = authFailuresOf(env, client.address).countRefused(slug, client);
  ctx.waitUntil(counted.catch((error: unknown) => logFailure("refusal_not_counted", error)));
}

function rememberRefused(slug: string, client: ClientIdentity): void {
  refusedUntil.set(toKey(slug, client), Date.now() + REFUSED_FOR_MS);
}

function toKey(slug: string, { digest }: ClientIdentity): string {
  return `${slug} ${digest}`;
}

/** The client behind a request, as the workspace and the limit of failures know it. */
export function toIdentity(context: EntryContext | RequestContext): ClientIdentity {
  const { request, env, server, digest } = context;
  const address = callerAddress(request, env.CLIENT_ADDRESS_HEADER, digest);
  const session = "session" in context ? context.session : null;
  return {
    digest,
    address,
    ...(session && { client: { name: session.clientName, version: session.clientVersion } }),
    ...(server !== null && { server }),
  };
}
