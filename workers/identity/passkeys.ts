import type * as WebAuthn from "@simplewebauthn/server";
import type { Passkey } from "../contract/api/people.ts";
import type { AuthenticationResponse, RegistrationResponse } from "../contract/api/webauthn.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import type { Db } from "../db/database.ts";
import { findPasskey, touchPasskey, type PasskeyRecord } from "../db/users.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import {
  CEREMONY_MS,
  makeChallenge,
  readChallenge,
  spendChallenge,
  type Purpose,
} from "./challenges.ts";

let webAuthn: typeof WebAuthn | undefined;

/** Loaded on the first ceremony: it takes longer to load than the rest of the Worker. */
async function loadWebAuthn() {
  webAuthn ??= await import("@simplewebauthn/server");
  return webAuthn;
}

/** Ed25519, ES256 and RS256 (IANA COSE algorithms): all common authenticators support one of them. */
const ALGORITHMS = [-8, -7, -257];

/** The relying party (WebAuthn level 3, section 5.1.2): a host name, and the origins that can use it. */
export interface RelyingParty {
  id: string;
  origins: string[];
}

/**
 * Starts an authentication and returns the options for `navigator.credentials.get`. `allowed` empty: the user can pick
 * any passkey of this site. `subject`: the session that is stepped up, or "" for a sign-in.
 */
export async function beginAuthentication(
  env: Env,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  allowed: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateAuthenticationOptions } = await loadWebAuthn();
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: makeChallenge(env, purpose, subject),
    userVerification: "required",
    timeout: CEREMONY_MS,
    allowCredentials: allowed.map(({ id }) => ({ id })),
  });
  return { ...options };
}

/**
 * Verifies the response of an authentication with this purpose and subject. Returns the passkey; undefined: the
 * response is invalid, late or repeated, or its passkey is unknown. User verification by the authenticator is required.
 */
export async function finishAuthentication(
  env: Env,
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  response: AuthenticationResponse,
): Promise<PasskeyRecord | undefined> {
  const challenge = readChallenge(env, purpose, response.response.clientDataJSON);
  if (challenge?.subject !== subject) return undefined;
  const passkey = await findPasskey(db, response.id);
  if (!passkey) return undefined;
  const { verifyAuthenticationResponse } = await loadWebAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge.text,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.fromBase64(passkey.publicKey, BASE64URL),
      counter: passkey.counter,
    },
  }).catch(logRejectedResponse);
  if (!verified?.verified || !(await spendChallenge(db, challenge))) return undefined;
  const { newCounter, credentialBackedUp } = verified.authenticationInfo;
  const use = { counter: newCounter, isBackedUp: credentialBackedUp, lastUsedAt: Date.now() };
  await touchPasskey(db, passkey.id, use);
  return passkey;
}

/**
 * Starts a registration and returns the options for `navigator.credentials.create`: a discoverable credential with user
 * verification. Authenticators that hold one of the `existing` passkeys are excluded.
 */
export async function beginRegistration(
  env: Env,
  party: RelyingParty,
  purpose: Purpose,
  user: { id: string; name: string },
  existing: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateRegistrationOptions } = await loadWebAuthn();
  const options = await generateRegistrationOptions({
    rpName: "mcpnest",
    rpID: party.id,
    challenge: makeChallenge(env, purpose, user.id),
    userID: Uint8Array.from(new TextEncoder().encode(user.id)),
    userName: user.name,
    userDisplayName: user.name,
    attestationType: "none",
    timeout: CEREMONY_MS,
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: existing.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  return { ...options };
}

/**
 * Verifies the response of a registration with this purpose. Returns the new passkey, with the user for which the
 * registration started; undefined: the response is invalid, late or repeated.
 */
export async function finishRegistration(
  env: Env,
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  label: string,
  response: RegistrationResponse,
): Promise<PasskeyRecord | undefined> {
  const challenge = readChallenge(env, purpose, response.response.clientDataJSON);
  if (!challenge) return undefined;
  const { clientDataJSON, attestationObject, transports = [] } = response.response;
  const { verifyRegistrationResponse } = await loadWebAuthn();
  const verified = await verifyRegistrationResponse({
    response: { ...response, response: { clientDataJSON, attestationObject } },
    expectedChallenge: challenge.text,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(logRejectedResponse);
  if (!verified?.verified || !(await spendChallenge(db, challenge))) return undefined;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id,
    userId: challenge.subject,
    publicKey: credential.publicKey.toBase64(BASE64URL),
    counter: credential.counter,
    transports,
    label,
    isBackedUp: credentialBackedUp,
    createdAt: Date.now(),
    lastUsedAt: null,
  };
}

/** The library throws both on an invalid response and on a bug; the log shows which. */
function logRejectedResponse(error: unknown): undefined {
  logFailure("passkey_response_rejected", error);
}
