import { importJWK, SignJWT, type CryptoKey } from "jose";
import { z } from "zod";
import {
  FLEET_SUBJECT,
  HOST_TOKEN_SECONDS,
  HOST_TOKEN_TYPE,
} from "../contract/hosting/host-protocol.ts";
import type { HostRequestSubject } from "../contract/rpc/admission.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import type { Env } from "../runtime/env.ts";
import type { Network, UpstreamInit } from "./guarded-fetch.ts";

/** The variables for container hosts. */
export type HostingEnv = Pick<Env, "DEPLOYMENT" | "MCPNEST_GATEWAY_KEY" | "MCPNEST_HOST_ACCESS">;

const GatewayKey = z.object({ kid: z.string(), x: z.string(), d: z.string() });
const AccessToken = z.object({ id: z.string(), secret: z.string() });

/** After this silence the gateway checks whether the host is alive: a tool can be slow, a host cannot. */
const SILENCE_MS = 2_500;
/** Time for the host to respond to that check. */
const ALIVE_WITHIN_MS = 1_500;

const encoder = new TextEncoder();

let known: { text: string; kid: string; key: Promise<CryptoKey> } | null = null;

/**
 * The network of a container host. Every request carries a token that is valid for its method, path and body, once, for
 * 30 s. A dead host fails a request within 4 s, even if its server is allowed to take longer. Rejects without a usable key.
 */
export function hostNetwork(
  env: HostingEnv,
  hosted: HostRequestSubject,
  network: Network,
): Network {
  return {
    async fetch(url, init) {
      const answer = network.fetch(url, await signRequest(env, hosted, url, init));
      const gone = new AbortController();
      const silent = rejectWhenDead(env, hosted, new URL(url).origin, network, gone.signal);
      try {
        return await Promise.race([answer, silent]);
      } finally {
        gone.abort();
      }
    },
  };
}

/** Rejects when the host does not respond to a status request; never resolves. */
async function rejectWhenDead(
  env: HostingEnv,
  { hostId }: HostRequestSubject,
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

async function signRequest<T extends UpstreamInit>(
  env: HostingEnv,
  hosted: HostRequestSubject,
  url: string,
  init: T,
): Promise<T> {
  const token = await signToken(env, hosted, url, init);
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  if (!env.MCPNEST_HOST_ACCESS) return { ...init, headers };
  const { id, secret } = AccessToken.parse(JSON.parse(env.MCPNEST_HOST_ACCESS));
  const access = { "cf-access-client-id": id, "cf-access-client-secret": secret };
  return { ...init, headers: { ...headers, ...access } };
}

async function signToken(
  env: HostingEnv,
  { hostId, subject, jti = newJti() }: HostRequestSubject,
  url: string,
  { method, body = "" }: UpstreamInit,
): Promise<string> {
  const { kid, key } = openKey(env.MCPNEST_GATEWAY_KEY ?? "");
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
  const header = { alg: "EdDSA", typ: HOST_TOKEN_TYPE, kid };
  return new SignJWT(claims).setProtectedHeader(header).sign(await key);
}

function newJti(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64(BASE64URL);
}

/** Why requests to hosts cannot be signed, as a sentence that says what to do; null: they can. */
export function findKeyProblem({ MCPNEST_GATEWAY_KEY: text }: HostingEnv): string | null {
  const make =
    "make one (npm run gateway-key) and set the secret MCPNEST_GATEWAY_KEY to its first line";
  if (!text) return `The gateway has no key to sign its requests to hosts with: ${make}.`;
  try {
    GatewayKey.parse(JSON.parse(text));
    return null;
  } catch {
    return `MCPNEST_GATEWAY_KEY is not { "kid", "x", "d" } as JSON: ${make}.`;
  }
}

function openKey(text: string): { kid: string; key: Promise<CryptoKey> } {
  if (known?.text !== text) {
    const { kid, x, d } = GatewayKey.parse(JSON.parse(text));
    const key = importJWK({ kty: "OKP", crv: "Ed25519", x, d }, "EdDSA").then((imported) => {
      if (imported instanceof Uint8Array)
        throw new Error("MCPNEST_GATEWAY_KEY is not an Ed25519 key");
      return imported;
    });
    known = { text, kid, key };
  }
  return known;
}
