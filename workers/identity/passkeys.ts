import type { Passkey } from "../contract/api/people.ts";
import type { AuthenticationResponse, RegistrationResponse } from "../contract/api/webauthn.ts";
import type { Db } from "../db/database.ts";
import { insertChallenge, takeChallenge } from "../db/sessions.ts";
import { findPasskey, touchPasskey, type PasskeyRecord } from "../db/users.ts";

/** Loaded for the first ceremony: it takes longer than everything else that an isolate begins with. */
const webAuthn = () => import("@simplewebauthn/server");

/** How long a person may take for a ceremony. */
const CEREMONY_MS = 5 * 60 * 1000;
/** Ed25519, ES256 and RS256 (IANA COSE algorithms): what authenticators have. */
const ALGORITHMS = [-8, -7, -257];

/** What a ceremony is for: a response to one for something else is refused. */
export type Purpose = "sign-in" | "step-up" | "add-passkey" | "link";

export interface RelyingParty {
  id: string;
  origins: string[];
}

/** Options for `navigator.credentials.get`; without `allowed`, whichever passkey of this site the person picks. */
export async function beginAuthentication(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  allowed: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    userVerification: "required",
    timeout: CEREMONY_MS,
    allowCredentials: allowed.map(({ id }) => ({ id })),
  });
  await keepChallenge(db, options.challenge, purpose, subject);
  return { ...options };
}

/**
 * The passkey that signed the challenge of a ceremony for this purpose and subject, with its owner verified by the
 * authenticator; undefined when anything about it is wrong.
 */
export async function finishAuthentication(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  subject: string,
  response: AuthenticationResponse,
): Promise<PasskeyRecord | undefined> {
  const passkey = await findPasskey(db, response.id);
  const taken = await takeOf(db, response.response.clientDataJSON, purpose);
  if (!passkey || taken === undefined || taken.subject !== subject) return undefined;
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: taken.challenge,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.fromBase64(passkey.publicKey, { alphabet: "base64url" }),
      counter: passkey.counter,
    },
  }).catch(() => undefined);
  if (!verified?.verified) return undefined;
  const { newCounter, credentialBackedUp } = verified.authenticationInfo;
  const use = { counter: newCounter, isBackedUp: credentialBackedUp, lastUsedAt: Date.now() };
  await touchPasskey(db, passkey.id, use);
  return passkey;
}

/** Options for `navigator.credentials.create`: a passkey that is found without a user name and verifies its owner. */
export async function beginRegistration(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  person: { id: string; name: string },
  existing: Passkey[],
): Promise<Record<string, unknown>> {
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: "mcpnest",
    rpID: party.id,
    userID: Uint8Array.from(new TextEncoder().encode(person.id)),
    userName: person.name,
    userDisplayName: person.name,
    attestationType: "none",
    timeout: CEREMONY_MS,
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: existing.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  await keepChallenge(db, options.challenge, purpose, person.id);
  return { ...options };
}

/** The passkey that a ceremony for this purpose made, and for whom it was begun; undefined when anything about it is wrong. */
export async function finishRegistration(
  db: Db,
  party: RelyingParty,
  purpose: Purpose,
  label: string,
  response: RegistrationResponse,
): Promise<PasskeyRecord | undefined> {
  const taken = await takeOf(db, response.response.clientDataJSON, purpose);
  if (!taken) return undefined;
  const { clientDataJSON, attestationObject, transports = [] } = response.response;
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response: { ...response, response: { clientDataJSON, attestationObject } },
    expectedChallenge: taken.challenge,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => undefined);
  if (!verified?.verified) return undefined;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id,
    userId: taken.subject,
    publicKey: credential.publicKey.toBase64({ alphabet: "base64url", omitPadding: true }),
    counter: credential.counter,
    transports,
    label,
    isBackedUp: credentialBackedUp,
    createdAt: Date.now(),
    lastUsedAt: null,
  };
}

async function keepChallenge(
  db: Db,
  challenge: string,
  purpose: Purpose,
  subject: string,
): Promise<void> {
  await insertChallenge(db, { challenge, purpose, subject, expiresAt: Date.now() + CEREMONY_MS });
}

/** Takes the challenge that the client's data name: a response is good for one try. */
async function takeOf(db: Db, clientDataJson: string, purpose: Purpose) {
  const challenge = challengeIn(clientDataJson);
  if (challenge === undefined) return undefined;
  const subject = await takeChallenge(db, challenge, purpose, Date.now());
  return subject === undefined ? undefined : { challenge, subject };
}

function challengeIn(clientDataJson: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(clientDataJson, { alphabet: "base64url" });
    const data: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const challenge: unknown =
      typeof data === "object" && data !== null ? Reflect.get(data, "challenge") : undefined;
    return typeof challenge === "string" ? challenge : undefined;
  } catch {
    return undefined;
  }
}
