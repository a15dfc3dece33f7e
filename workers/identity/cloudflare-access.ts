import type { FetchImplementation, JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { type Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { egressOf } from "../upstream/egress.ts";
import { guardedFetch } from "../upstream/guarded-fetch.ts";

/** Request header in which Cloudflare Access passes the JWT that names the user. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";

/** Loaded on the first assertion: most isolates never receive one. */
const loadJose = () => import("jose");

const FETCH_KEYS_TIMEOUT_MS = 5_000;
/** 254 characters: the longest address of RFC 5321. */
const Claims = z.object({ email: z.email().max(254) });

/** Access key sets by URL. jose refreshes a set when a signature names a key that is not in it. */
const keySets = new Map<string, JWTVerifyGetKey>();

/** Whether sign-in through Cloudflare Access is configured. */
export function isAccessConfigured(env: Env): boolean {
  return Boolean(env.ACCESS_TEAM_DOMAIN && env.ACCESS_AUDIENCE);
}

/**
 * Returns the e-mail address in an assertion of Cloudflare Access. Undefined: its signature, issuer, audience or time
 * is invalid, its keys cannot be fetched, or Access is not configured
 * (developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json).
 */
export async function verifyAccessAssertion(
  env: Env,
  assertion: string,
): Promise<string | undefined> {
  if (!isAccessConfigured(env)) return undefined;
  try {
    const { jwtVerify } = await loadJose();
    const { payload } = await jwtVerify(assertion, await findKeySet(env), {
      issuer: env.ACCESS_TEAM_DOMAIN,
      audience: env.ACCESS_AUDIENCE,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    return Claims.parse(payload).email;
  } catch (error) {
    logFailure("access_assertion_rejected", error);
    return undefined;
  }
}

async function findKeySet(env: Env): Promise<JWTVerifyGetKey> {
  const url = `${env.ACCESS_TEAM_DOMAIN}/cdn-cgi/access/certs`;
  const known = keySets.get(url);
  if (known) return known;
  const { createRemoteJWKSet, customFetch } = await loadJose();
  const fetchKeys: FetchImplementation = async (address, { signal }) => {
    const fetched = await guardedFetch(
      address,
      { method: "GET", headers: { accept: "application/json" } },
      { ...egressOf(env), signal },
      FETCH_KEYS_TIMEOUT_MS,
    );
    if (!fetched.ok) throw new Error(fetched.error.code);
    return fetched.response;
  };
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_KEYS_TIMEOUT_MS,
    [customFetch]: fetchKeys,
  });
  keySets.set(url, keys);
  return keys;
}
