import { quoteServer } from "../server-message.ts";

/** What an authorization server means by an error in its response (RFC 6749, section 4.1.2.1; RFC 8707; OpenID Connect). */
const WORDS: Record<string, string> = {
  access_denied:
    "access was denied there, by you or by a rule of the provider, so nothing was connected",
  invalid_request: "it finds the gateway’s request incomplete or wrong",
  unauthorized_client: "it does not allow the gateway to sign people in this way",
  unsupported_response_type: "it does not support this kind of sign-in",
  invalid_scope:
    "it does not know the permissions that the gateway asks for, or does not give them",
  invalid_target: "it does not issue tokens for this server",
  server_error: "it failed itself",
  temporarily_unavailable: "it is overloaded or under maintenance, and can work in a few minutes",
  login_required: "you are not signed in there",
  consent_required: "it needs a consent that was not given",
  interaction_required: "it needs an answer that was not given",
};

/** An error of an authorization server in words, with its code and what it says itself. */
export function describeAuthorizationError(code: string, description: string | undefined): string {
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return `${words ?? "it refuses the sign-in"} (${describeCode(code, description)})`;
}

/** What the error of a token response means, for a person: that the authorization server refuses the request, with its code. */
export function describeTokenError(code: string, description: string | undefined): string {
  return `it refuses the request for tokens (${describeCode(code, description)})`;
}

/** The code and the description are the other side's text: both are quoted, and either can be unreadable. */
function describeCode(code: string, description: string | undefined): string {
  const said = description === undefined ? null : quote(description);
  const shown = quote(code);
  const error = shown === null ? "with an error code that cannot be shown" : `error ${shown}`;
  return said === null ? error : `${error}: ${said}`;
}

function quote(text: string): string | null {
  return quoteServer(text, { url: "http://none.invalid/", headers: {} });
}
