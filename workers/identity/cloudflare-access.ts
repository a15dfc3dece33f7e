import type { FetchImplementation, JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { type Env } from "../runtime/env.ts";
import { egressOf } from "../upstream/egress.ts";
import { guardedFetch } from "../upstream/guarded-fetch.ts";

/** The header in which Cloudflare Access names who it let through. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";

/** Loaded for the first assertion: most isolates never see one. */
const library = () => import("jose");

const KEYS_WITHIN_MS = 5_000;
const Claims = z.object({ email: z.email().max(254) });

/** The key sets of teams, which jose refreshes when a signature names a key that is not in them. */
const keySets = new Map<string, JWTVerifyGetKey>();

export function isAccessConfigured(env: Env): boolean {
  return Boolean(env.ACCESS_TEAM_DOMAIN && env.ACCESS_AUDIENCE);
}

/**
 * The e-mail address that an assertion of Cloudflare Access vouches for; undefined when its signature, issuer, audience
 * or time is not right, or Access is not configured
 * (developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json).
 */
export async function verifyAccessAssertion(
  env: Env,
  assertion: string,
): Promise<string | undefined> {
  if (!isAccessConfigured(env)) return undefined;
  try {
    const { jwtVerify } = await library();
    const { payload } = await jwtVerify(assertion, await keySetOf(env), {
      issuer: env.ACCESS_TEAM_DOMAIN,
      audience: env.ACCESS_AUDIENCE,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    return Claims.parse(payload).email;
  } catch {
    return undefined;
  }
}

async function keySetOf(env: Env): Promise<JWTVerifyGetKey> {
  const url = `${env.ACCESS_TEAM_DOMAIN}/cdn-cgi/access/certs`;
  const known = keySets.get(url);
  if (known) return known;
  const { createRemoteJWKSet, customFetch } = await library();
  const fetchKeys: FetchImplementation = async (address, { signal }) => {
    const fetched = await guardedFetch(
      address,
      { method: "GET", headers: { accept: "application/json" } },
      { ...egressOf(env), signal },
      KEYS_WITHIN_MS,
    );
    if (!fetched.ok) throw new Error(fetched.error.code);
    return fetched.response;
  };
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: KEYS_WITHIN_MS,
    [customFetch]: fetchKeys,
  });
  keySets.set(url, keys);
  return keys;
}
