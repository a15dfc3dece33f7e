import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import type { QueryClient } from "@tanstack/react-query";
import { CompanyRedirect } from "../../../workers/contract/api/company.ts";
import { CeremonyOptions, Me } from "../../../workers/contract/api/people.ts";
import { ApiError } from "./api-error.ts";
import { adoptSession, meQuery } from "./me.ts";
import { request } from "./request.ts";

/** The library, which only a ceremony needs: nearly every page can ask for one. */
const loadCeremonies = () => import("@simplewebauthn/browser");

/** Signs in with a passkey and stores the new session. */
export async function signInWithPasskey(client: QueryClient): Promise<void> {
  const response = await authenticate("/auth/passkey/options");
  adoptSession(client, await request(Me, "POST", "/auth/passkey", { response }));
}

/** Signs in again at the company, which leads back to this page. The change is sent again by the person. */
async function leaveForCompany(): Promise<never> {
  const to = location.pathname + location.search;
  const begun = await request(CompanyRedirect, "POST", "/me/company/step-up", { to });
  location.assign(begun.to);
  throw new Error("Confirm at your company’s sign-in, then repeat this.");
}

/** Repeats the passkey ceremony, which allows sensitive actions for five minutes. */
async function stepUp(client: QueryClient): Promise<void> {
  const me = client.getQueryData<Me>(meQuery.queryKey);
  if (me?.session.method === "company") return leaveForCompany();
  const response = await authenticate("/me/step-up/options");
  adoptSession(client, await request(Me, "POST", "/me/step-up", { response }));
}

/** Runs `change`. If the API responds `step_up_required`, repeats the passkey ceremony and runs it once more. */
export async function withStepUp<T>(client: QueryClient, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "step_up_required") throw error;
    await stepUp(client);
    return change();
  }
}

/** Creates a passkey on this device with the registration options of `path` (WebAuthn level 3, section 5.1). */
export async function createPasskey(path: string, body: object) {
  const [{ startRegistration }, { options }] = await Promise.all([
    loadCeremonies(),
    request(CeremonyOptions, "POST", path, body),
  ]);
  // The server's WebAuthn library creates the options for this call, and the browser validates them.
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return startRegistration({ optionsJSON });
}

async function authenticate(path: string) {
  const [{ startAuthentication }, { options }] = await Promise.all([
    loadCeremonies(),
    request(CeremonyOptions, "POST", path, {}),
  ]);
  // See `createPasskey`.
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return startAuthentication({ optionsJSON });
}
