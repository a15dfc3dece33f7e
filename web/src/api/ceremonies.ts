import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import type { QueryClient } from "@tanstack/react-query";
import { CeremonyOptions, Me } from "../../../workers/contract/api/people.ts";
import { ApiError } from "./api-error.ts";
import { adoptSession } from "./me.ts";
import { request } from "./request.ts";

/** Signs in with a passkey of this site. */
export async function signInWithPasskey(client: QueryClient): Promise<void> {
  const response = await authenticate("/auth/passkey/options");
  adoptSession(client, await request(Me, "POST", "/auth/passkey", { response }));
}

/** Shows the passkey again, so that dangerous actions are allowed for five minutes. */
async function stepUp(client: QueryClient): Promise<void> {
  const response = await authenticate("/me/step-up/options");
  adoptSession(client, await request(Me, "POST", "/me/step-up", { response }));
}

/** Runs a change; where the server wants the passkey shown again, has it shown and runs the change once more. */
export async function withStepUp<T>(client: QueryClient, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "step_up_required") throw error;
    await stepUp(client);
    return change();
  }
}

/** Makes a passkey on this device, for whoever the options at `path` are for. */
export async function createPasskey(path: string, body: object) {
  const { options } = await request(CeremonyOptions, "POST", path, body);
  // The server's library made them for exactly this call; the browser checks them again.
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return startRegistration({ optionsJSON });
}

async function authenticate(path: string) {
  const { options } = await request(CeremonyOptions, "POST", path, {});
  // As above.
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return startAuthentication({ optionsJSON });
}
