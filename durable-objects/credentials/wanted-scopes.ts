import type { ConnectionRecord, WantedScopes } from "../../workers/contract/records/connection.ts";
import { DAY_MS, HOUR_MS } from "../../workers/contract/units.ts";
import { joinScopes, showScopes } from "../../workers/upstream/sign-in/scopes.ts";
import type { KeptTokens } from "./kept-tokens.ts";

type Wanted = NonNullable<KeptTokens["wanted"]>;

/** A server that has not refused a call for this time does not want anything any more, as far as is known. */
const WANTED_FOR_MS = 7 * DAY_MS;
/** `seenAt` is stored again after this time: every call can be refused. */
const SEEN_STORED_FOR_MS = HOUR_MS;

/** Adds the scopes of a refused call; null: all that is to be stored is known. */
export function addWanted(before: Wanted | null, named: string[], now: number): Wanted | null {
  const scopes = joinScopes(before?.scopes ?? [], named);
  const isKnown = before && scopes.length === before.scopes.length;
  if (isKnown && now - before.seenAt < SEEN_STORED_FOR_MS) return null;
  return { scopes, since: before?.since ?? now, seenAt: now };
}

/** What the server wants now, beyond the present sign-in; null: nothing, as far as is known. */
export function findWanted({ wanted }: KeptTokens, now: number): Wanted | null {
  return wanted && wanted.seenAt > now - WANTED_FOR_MS ? wanted : null;
}

/** The scopes for an admin, with what can be done: what was asked for already is not offered again. */
export function toWantedScopes(
  { scopes: granted, askedScopes, issuer }: ConnectionRecord,
  { scopes, since }: Pick<Wanted, "scopes" | "since">,
): WantedScopes {
  const asked = joinScopes(askedScopes ?? [], granted);
  const canGrant = scopes.some((scope) => !asked.includes(scope));
  const { host } = new URL(issuer);
  const missing = scopes.filter((scope) => !granted.includes(scope));
  const message = canGrant
    ? `The server refuses calls that need more permission: ${showScopes(missing)}. An owner or admin can grant that on the server’s page`
    : scopes.length === 0
      ? `The server refuses calls for want of permission, and does not say which. The account at ${host} with which the gateway has signed in must get it there`
      : missing.length > 0
        ? `The server refuses calls that need ${showScopes(missing)}, which ${host} has not granted although the gateway has asked for it. The account with which the gateway has signed in must get that right there. Then an owner or admin can connect the server again`
        : `The server refuses calls that need ${showScopes(scopes)}, although the sign-in has that. Another sign-in does not help: the account at ${host} must get the right that the server wants`;
  return { scopes: missing.length > 0 ? missing : scopes, since, canGrant, message };
}
