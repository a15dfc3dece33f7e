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

/** The scopes with what can be done, for others than the person whose account it is: what was asked for already is not offered again. */
export function toWantedScopes(
  connection: ConnectionRecord,
  { scopes, since }: Pick<Wanted, "scopes" | "since">,
): WantedScopes {
  const { scopes: granted, askedScopes } = connection;
  const asked = joinScopes(askedScopes ?? [], granted);
  const canGrant = scopes.some((scope) => !asked.includes(scope));
  const missing = scopes.filter((scope) => !granted.includes(scope));
  const wanted = { scopes: missing.length > 0 ? missing : scopes, canGrant };
  return { ...wanted, since, message: describeWanted(connection, wanted, false) };
}

/**
 * What a sign-in lacks, and who can do what, without a period. `isReader`: for the person whose account it is, or who answers
 * for its agent.
 */
export function describeWanted(
  { scopes: granted, issuer, memberId }: Pick<ConnectionRecord, "scopes" | "issuer" | "memberId">,
  { scopes, canGrant }: Pick<WantedScopes, "scopes" | "canGrant">,
  isReader: boolean,
): string {
  const { host } = new URL(issuer);
  const shown = showScopes(scopes);
  const isOwn = memberId !== null;
  const account = !isOwn
    ? `the account at ${host} with which the gateway has signed in`
    : isReader
      ? `your account at ${host}`
      : `that account at ${host}`;
  const again = isOwn
    ? isReader
      ? "Then connect it again"
      : "Then the person whose account it is can connect it again"
    : "Then an owner or admin can connect the server again";
  const grant = isOwn
    ? isReader
      ? "Connect it again to grant that"
      : "The person whose account it is grants that by connecting it again under “Your accounts”"
    : "An owner or admin can grant that on the server’s page";
  if (canGrant) return `The server refuses calls that need more permission: ${shown}. ${grant}`;
  if (scopes.length === 0)
    return `The server refuses calls for want of permission, and does not say which: ${account} must get it there`;
  if (scopes.some((scope) => !granted.includes(scope)))
    return `The server refuses calls that need ${shown}, which ${host} has not granted although the gateway has asked for it: ${account} must get that right there. ${again}`;
  return `The server refuses calls that need ${shown}, although the sign-in has that. Another sign-in does not help: ${account} must get the right that the server wants`;
}
