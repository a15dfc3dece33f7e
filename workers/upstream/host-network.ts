import { importJWK, SignJWT, type CryptoKey } from "jose";
import {
  FLEET_SUBJECT,
  HOST_TOKEN_SECONDS,
  HOST_TOKEN_TYPE,
} from "../contract/hosting/host-protocol.ts";
import type { GatewayPrivateKey } from "../contract/hosting/host-protocol.ts";
import type { HostRequestIdentity } from "../contract/rpc/admission.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { Network, UpstreamInit } from "./guarded-fetch.ts";

/** After this silence the gateway checks whether the host is alive: a tool can take long, a host responds at once. */
const SILENCE_MS = 2_500;
/** Time for the host to respond to that check. */
const ALIVE_WITHIN_MS = 1_500;

const encoder = new TextEncoder();

/** The imported form of each gateway key. Of the key, not of its promise: a promise belongs to the request that made it. */
const imported = new WeakMap<GatewayPrivateKey, CryptoKey>();

/**
 * The network of a container host. Every request carries a token that is valid for its method, path and body, once, for
 * 30 s. A dead host fails a request within 4 s, even if its server is allowed to take longer. Rejects without a usable key.
 */
export function hostNetwork(env: Env, hosted: HostRequestIdentity, network: Network): Network {
  return {
    async fetch(url, init) {
      const response = network.fetch(url, await signRequest(env, hosted, url, init));
      const watch = new AbortController();
      const hostDied = rejectWhenDead(env, hosted, new URL(url).origin, network, watch.signal);
      try {
        return await Promise.race([response, hostDied]);
      } finally {
        watch.abort();
      }
    },
  };
}

/** Rejects when the host does not respond to a status request; never resolves. */
async function rejectWhenDead(
  env: Env,
  { hostId }: HostRequestIdentity,
  origin: string,
  network: Network,
  signal: AbortSignal,
): Promise<never> {
  const url = `${origin}/v1/host`;
  for (;;) {
    await wait(SILENCE_MS, signal);
    const fleet = { hostId, subject: FLEET_SUBJECT };
    const init: UpstreamInit = { method: "GET", headers: {} };
    const timeout = AbortSignal.timeout(ALIVE_WITHIN_MS);
    const request = { ...(await signRequest(env, fleet, url, init)), signal: timeout };
    const response = await network.fetch(url, request);
    await response.body?.cancel();
  }
}

/** Never resolves after the signal has fired. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

/** Rejects, with a log line, when the gateway's key cannot sign. */
async function signRequest<T extends UpstreamInit>(
  env: Env,
  hosted: HostRequestIdentity,
  url: string,
  init: T,
): Promise<T> {
  const token = await signToken(env, hosted, url, init).catch((error: unknown) => {
    // The caller sees a failed connection.
    logFailure("host_request_not_signed", error, { host: hosted.hostId });
    throw error;
  });
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  const { hostAccess } = settingsOf(env);
  if (!hostAccess) return { ...init, headers };
  const access = {
    "cf-access-client-id": hostAccess.id,
    "cf-access-client-secret": hostAccess.secret,
  };
  return { ...init, headers: { ...headers, ...access } };
}

async function signToken(
  env: Env,
  { hostId, subject, jti = newJti() }: HostRequestIdentity,
  url: string,
  { method, body = "" }: UpstreamInit,
): Promise<string> {
  const { gatewayKey } = settingsOf(env);
  if (!gatewayKey) throw new Error("the gateway has no key");
  const { pathname, search } = new URL(url);
  const hash = await crypto.subtle.digest("SHA-256", encoder.encode(body));
  const iat = Date.now() / 1000;
  const claims = {
    iss: env.DEPLOYMENT,
    aud: hostId,
    sub: subject,
    iat,
    nbf: iat,
    exp: iat + HOST_TOKEN_SECONDS,
    jti,
    m: method,
    p: pathname + search,
    bh: new Uint8Array(hash).toBase64(BASE64URL),
  };
  const header = { alg: "EdDSA", typ: HOST_TOKEN_TYPE, kid: gatewayKey.kid };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importKey(gatewayKey));
}

/** A new id of a token to a container host (`jti`, RFC 7519, section 4.1.7): 128 random bits. */
export function newJti(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64(BASE64URL);
}

/** Why requests to hosts cannot be signed, as a sentence that says what to do; null: they can. */
export function findKeyProblem(env: Env): string | null {
  if (settingsOf(env).gatewayKey) return null;
  return "The gateway has no key to sign its requests to hosts with: make one (npm run gateway-key) and set the secret MCPNEST_GATEWAY_KEY to its first line.";
}

async function importKey(gatewayKey: GatewayPrivateKey): Promise<CryptoKey> {
  const known = imported.get(gatewayKey);
  if (known) return known;
  const { x, d } = gatewayKey;
  const key = await importJWK({ kty: "OKP", crv: "Ed25519", x, d }, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("the gateway's key is not an Ed25519 key");
  imported.set(gatewayKey, key);
  return key;
}
