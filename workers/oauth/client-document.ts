import { decodeJwt } from "jose";
import type { Env } from "../runtime/env.ts";
import { isLoopbackHost, isPublicHost } from "../runtime/public-address.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";

const PRIVATE =
  "Its address is neither on the internet nor on the machine of the gateway, where a client's document is not read";

/**
 * Why the gateway does not fetch the metadata document of a request's client, as a sentence; null: it does, or the client is
 * known by another id. The library fetches it itself: on Cloudflare from public addresses only. Elsewhere this keeps strangers
 * from having the gateway send requests to the inside: where private servers are allowed, a document may be on the machine of the
 * gateway, and nowhere else in the private network. `scripts/local-runtime.ts` has the same rule for what names lead to.
 */
export function refuseClientDocument(
  env: Env,
  form: URLSearchParams,
  authorization: string | null,
): string | null {
  const id = readClientId(form, authorization);
  if (id === null || !id.toLowerCase().startsWith("https:")) return null;
  const problem = checkUpstreamUrl(id, egressOf(env));
  if (problem !== null) return problem;
  const { hostname } = new URL(id);
  return isPublicHost(hostname) || isLoopbackHost(hostname) ? null : PRIVATE;
}

/**
 * The client that a request names, in the order in which the library reads it: by HTTP Basic (RFC 6749, section 2.3.1), or in
 * the form. Null: it names none. It is not authenticated.
 */
export function readClientId(form: URLSearchParams, authorization: string | null): string | null {
  const [, encoded] = /^basic[ \t]+(\S+)\s*$/i.exec(authorization ?? "") ?? [];
  if (encoded !== undefined) return readBasicName(encoded);
  // The library takes an empty parameter for one that is not there.
  return (
    form.getAll("client_id").find((id) => id !== "") ?? readIssuer(form.get("client_assertion"))
  );
}

function readBasicName(encoded: string): string | null {
  try {
    const [name] = atob(encoded).split(":");
    return name === undefined ? null : decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    // The library says that these are no credentials.
    return null;
  }
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
