import type * as WebAuthn from "@simplewebauthn/server";
import type { Passkey } from "../contract/api/people.ts";
import type { AuthenticationResponse, RegistrationResponse } from "../contract/api/webauthn.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import { insertChallenge, consumeChallenge } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import { findPasskey, touchPasskey, type PasskeyRecord } from "../db/users.ts";
import { logFailure } from "../runtime/log.ts";

let webAuthn: typeof WebAuthn | undefined;

/** Loaded on the first ceremony: it takes longer to load than the rest of the Worker. */
async function loadWebAuthn() {
  webAuthn ??= await import("@simplewebauthn/server");
  return webAuthn;
}

/** Time limit for a ceremony (WebAuthn's term for a registration or an authentication). */
const CEREMONY_MS = 5 * 60 * 1000;
/** Ed25519, ES256 and RS256 (IANA COSE algorithms): all common authenticators support one of them. */
const ALGORITHMS = [-8, -7, -257];

/** Purpose of a ceremony. A response to a challenge with another purpose is refused. */
export type Purpose = "sign-in" | "step-up" | "add-passkey" | "link";

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
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  allowed: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateAuthenticationOptions } = await loadWebAuthn();
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    userVerification: "required",
    timeout: CEREMONY_MS,
    allowCredentials: allowed.map(({ id }) => ({ id })),
  });
  await storeChallenge(db, options.challenge, purpose, subject);
  return { ...options };
}

/**
 * Verifies the response of an authentication with this purpose and subject. Returns the passkey; undefined: the
 * response is invalid, late or repeated, or its passkey is unknown. User verification by the authenticator is required.
 */
export async function finishAuthentication(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  response: AuthenticationResponse,
): Promise<PasskeyRecord | undefined> {
  const passkey = await findPasskey(db, response.id);
  const taken = await consumeResponseChallenge(db, response.response.clientDataJSON, purpose);
  if (!passkey || taken === undefined || taken.subject !== subject) return undefined;
  const { verifyAuthenticationResponse } = await loadWebAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: taken.challenge,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.fromBase64(passkey.publicKey, BASE64URL),
      counter: passkey.counter,
    },
  }).catch(logRejectedResponse);
  if (!verified?.verified) return undefined;
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
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  user: { id: string; name: string },
  existing: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateRegistrationOptions } = await loadWebAuthn();
  const options = await generateRegistrationOptions({
    rpName: "mcpnest",
    rpID: party.id,
    userID: Uint8Array.from(new TextEncoder().encode(user.id)),
    userName: user.name,
    userDisplayName: user.name,
    attestationType: "none",
    timeout: CEREMONY_MS,
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: existing.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  await storeChallenge(db, options.challenge, purpose, user.id);
  return { ...options };
}

/**
 * Verifies the response of a registration with this purpose. Returns the new passkey, with the user for which the
 * registration started; undefined: the response is invalid, late or repeated.
 */
export async function finishRegistration(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  label: string,
  response: RegistrationResponse,
): Promise<PasskeyRecord | undefined> {
  const taken = await consumeResponseChallenge(db, response.response.clientDataJSON, purpose);
  if (!taken) return undefined;
  const { clientDataJSON, attestationObject, transports = [] } = response.response;
  const { verifyRegistrationResponse } = await loadWebAuthn();
  const verified = await verifyRegistrationResponse({
    response: { ...response, response: { clientDataJSON, attestationObject } },
    expectedChallenge: taken.challenge,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(logRejectedResponse);
  if (!verified?.verified) return undefined;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id,
    userId: taken.subject,
    publicKey: credential.publicKey.toBase64(BASE64URL),
    counter: credential.counter,
    transports,
    label,
    isBackedUp: credentialBackedUp,
    createdAt: Date.now(),
    lastUsedAt: null,
  };
}

async function storeChallenge(
  db: Db,
  challenge: string,
  purpose: Purpose,
  subject: string,
): Promise<void> {
  await insertChallenge(db, { challenge, purpose, subject, expiresAt: Date.now() + CEREMONY_MS });
}

/** Deletes the challenge that the client data names, so that a response cannot be replayed. */
async function consumeResponseChallenge(db: Db, clientDataJson: string, purpose: Purpose) {
  const challenge = parseChallenge(clientDataJson);
  if (challenge === undefined) return undefined;
  const subject = await consumeChallenge(db, challenge, purpose, Date.now());
  return subject === undefined ? undefined : { challenge, subject };
}

/** The library throws both on an invalid response and on a bug; the log shows which. */
function logRejectedResponse(error: unknown): undefined {
  logFailure("passkey_response_rejected", error);
}

/** Reads `challenge` of `CollectedClientData` (WebAuthn level 3, section 5.8.1); undefined: malformed. */
function parseChallenge(clientDataJson: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(clientDataJson, BASE64URL);
    const data: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const challenge: unknown =
      typeof data === "object" && data !== null ? Reflect.get(data, "challenge") : undefined;
    return typeof challenge === "string" ? challenge : undefined;
  } catch {
    // Only the browser's data can fail to parse here.
    return undefined;
  }
}
