import { decodeJwt } from "jose";
import type { Env } from "../runtime/env.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";

/**
 * Why the gateway does not fetch the metadata document of a request's client, as a sentence; null: it does, or the client is
 * known by another id. The library fetches it itself: on Cloudflare from public addresses only; elsewhere this is what keeps
 * strangers from having the gateway send requests to the inside.
 */
export function refuseClientDocument(env: Env, form: URLSearchParams): string | null {
  const id = form.get("client_id") ?? readIssuer(form.get("client_assertion"));
  if (id === null || !id.toLowerCase().startsWith("https:")) return null;
  return checkUpstreamUrl(id, egressOf(env));
}

/** The client that an assertion names (RFC 7523, section 3). It is not verified. */
function readIssuer(assertion: string | null): string | null {
  if (assertion === null) return null;
  try {
    return decodeJwt(assertion).iss ?? null;
  } catch {
    // The library says that it is not an assertion.
    return null;
  }
}
