import type { JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Env } from "../runtime/env.ts";
import { fetchJson } from "../upstream/fetch-json.ts";

/** A key that an issuer withdraws is accepted for this long. */
const KEPT_MS = 10 * 60_000;
/** How often an issuer is asked again for a key that its set lacks, or after a failure. */
const RETRY_AFTER_MS = 30_000;
/** Both documents together have this time for each. */
const FETCH_MS = 5_000;
const MAX_MIB = 1;
const MAX_ISSUERS = 1_000;

const Metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.looseObject({ keys: z.array(z.record(z.string(), z.unknown())) });

/** The keys of an issuer, or why there are none, as a sentence without a full stop. */
export type IssuerKeys = { ok: true; keys: JWTVerifyGetKey } | { ok: false; problem: string };

/** What an issuer has published. `readAt`, `askedAt`: epoch ms; `askedAt` is also of a request that has failed. */
interface Known {
  result: IssuerKeys;
  readAt: number;
  askedAt: number;
}

/** By issuer, for all workspaces: keys are public. */
const known = new BoundedMap<Known>(MAX_ISSUERS);

/**
 * Returns the keys of an issuer of a trust rule, which its metadata leads to (OpenID Connect Discovery 1.0, section 4; RFC
 * 8414, section 3). `isForUnknownKey`: the set that was read before lacks the key of a token.
 */
export async function findIssuerKeys(
  env: Env,
  issuer: string,
  isForUnknownKey: boolean,
): Promise<IssuerKeys> {
  const now = Date.now();
  const found = known.get(issuer);
  if (found) {
    const isFresh = found.result.ok && now - found.readAt < KEPT_MS;
    if (isFresh && !isForUnknownKey) return found.result;
    if (now - found.askedAt < RETRY_AFTER_MS && (isFresh || !found.result.ok)) return found.result;
    // Requests that come meanwhile use what there is.
    if (isFresh) known.set(issuer, { ...found, askedAt: now });
  }
  const result = await readIssuerKeys(env, issuer);
  const current = known.get(issuer);
  const isKept = !result.ok && current?.result.ok && now - current.readAt < KEPT_MS;
  if (!isKept) known.set(issuer, { result, readAt: now, askedAt: now });
  return result;
}

async function readIssuerKeys(env: Env, issuer: string): Promise<IssuerKeys> {
  const metadata = await readMetadata(env, issuer);
  if (!metadata.ok) return metadata;
  const fetched = await fetchDocument(env, metadata.jwksUri, "The issuer’s key set (jwks_uri)");
  if (!fetched.ok) return fetched;
  const set = KeySet.safeParse(fetched.value);
  if (!set.success) return { ok: false, problem: "The issuer’s key set (jwks_uri) is not one" };
  const { createLocalJWKSet } = await import("jose");
  return { ok: true, keys: createLocalJWKSet(set.data) };
}

async function readMetadata(
  env: Env,
  issuer: string,
): Promise<{ ok: true; jwksUri: string } | { ok: false; problem: string }> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const openId = `${origin}${path}/.well-known/openid-configuration`;
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const first = await fetchDocument(env, openId, "The issuer’s metadata");
  const fetched = first.ok ? first : await fetchDocument(env, oauth, "The issuer’s metadata");
  if (!fetched.ok) return first.ok ? fetched : first;
  const metadata = Metadata.safeParse(fetched.value);
  if (!metadata.success)
    return { ok: false, problem: "The issuer’s metadata lacks its issuer or jwks_uri" };
  if (metadata.data.issuer !== issuer)
    return { ok: false, problem: "The issuer’s metadata is of another issuer" };
  return { ok: true, jwksUri: metadata.data.jwks_uri };
}

async function fetchDocument(
  env: Env,
  url: string,
  document: string,
): Promise<{ ok: true; value: unknown } | { ok: false; problem: string }> {
  const request = { url, service: "The issuer", document, maxMib: MAX_MIB, totalMs: FETCH_MS };
  const fetched = await fetchJson(env, request);
  if (fetched.ok) return fetched;
  return { ok: false, problem: `${document} cannot be read: ${fetched.problem}` };
}
