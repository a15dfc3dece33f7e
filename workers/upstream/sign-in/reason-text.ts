import type { ConnectionRecord, SignInReason } from "../../contract/records/connection.ts";

const ADMIN = "An owner or admin can connect it again on the server’s page";
const PERSON = "The person whose account it is can connect it again under “Your accounts”";

/** What is the matter, without the person who can mend it. */
const CAUSES: Record<SignInReason, string> = {
  expired: "The sign-in has expired",
  revoked: "The sign-in was revoked at the provider",
  rotated_elsewhere:
    "The provider gave out new tokens that did not arrive here: the gateway or the connection to the provider broke off during a refresh, or another program has used the refresh token",
  refresh_token_reused:
    "The provider has ended the sign-in because a refresh token was used twice: another program can have a copy of it",
  scope_reduced: "The sign-in does not cover what the server asks for any more",
  wrong_audience: "The provider’s tokens are not for this server",
  issuer_changed:
    "The server names another authorization server than the one at which the gateway has signed in",
  clock_skew: "The clocks of the provider and the server differ, so that tokens are refused",
  client_deleted: "The provider does not know the gateway as a client any more",
  password_changed:
    "The provider has ended the sign-in because the password of its account was changed",
  account_gone: "The account with which the gateway signed in is gone or disabled at the provider",
  unreadable: "The stored tokens cannot be decrypted",
};

/** What is the matter with a person's own key. A key has no other reason. */
const KEY_REFUSED = "The server does not accept the key any more";
const KEY_PERSON = "The person whose key it is can enter another one under “Your accounts”";

/** What is the matter, without who can mend it. `clientId`: of the connection; empty: it is a person's own key. */
export function toCauseText(reason: SignInReason, clientId: string): string {
  return clientId === "" && reason !== "unreadable" ? KEY_REFUSED : CAUSES[reason];
}

/**
 * Sentences for who can mend it: an admin, or the person whose account or key it is (`memberId`). They say what is the matter.
 * `isReader`: that person reads it under “Your accounts”.
 */
export function toReasonText(
  reason: SignInReason,
  { memberId, clientId }: Pick<ConnectionRecord, "memberId" | "clientId">,
  isReader = false,
): string {
  const isKey = clientId === "";
  const own = isReader
    ? isKey
      ? "Enter another one"
      : "Connect it again"
    : isKey
      ? KEY_PERSON
      : PERSON;
  return `${toCauseText(reason, clientId)}. ${memberId === null ? ADMIN : own}`;
}
