import type { ConnectionState } from "../../workers/contract/records/connection.ts";
import {
  EXPIRES_SOON_MS,
  type FoundNotice,
} from "../../workers/contract/records/credential-notice.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import { joinScopes, showScopes } from "../../workers/upstream/sign-in/scopes.ts";

/** A notice without the number of callers that it affects. `among`: only these members and their tokens; null: all who use the server. */
type Finding = Omit<FoundNotice, "people" | "tokens"> & { among: ReadonlySet<string> | null };

/** The account of a member at a server where each person has their own. */
interface MemberAccount {
  memberId: string;
  state: ConnectionState;
}

/**
 * What is the matter with the credentials of a server, or will be soon: its sign-in, its registration, its secret headers.
 * `state`: of the sign-in for checks; `accounts`: those of people, where each has their own.
 */
export function findCredentialNotices(
  server: ServerRecord,
  state: ConnectionState,
  accounts: MemberAccount[],
  now: number,
): Finding[] {
  if (!server.enabled) return [];
  const signIns =
    server.perPerson === null || accounts.length === 0
      ? describeSignIn(state, now)
      : describeAccounts(server.perPerson.kind, accounts, now);
  return [...signIns, ...describeHeaders(server, now)];
}

const SIGN_IN = {
  kind: "sign_in",
  header: null,
  reason: null,
  declaredBy: null,
  among: null,
} as const;

/** One notice for each kind of matter, with those whose accounts it is about: only they can mend it, and only their calls are refused. */
function describeAccounts(
  kind: "sign_in" | "key",
  accounts: MemberAccount[],
  now: number,
): Finding[] {
  const failing = accounts.filter(({ state }) => state.state === "needs_sign_in");
  const working = accounts.filter((account) => !failing.includes(account));
  const down = working.filter(({ state }) => state.providerDownSince !== null);
  const lacking = working.filter(({ state }) => state.wanted);
  return [
    ...describeFailing(kind, failing),
    ...aboutAccounts(down, {
      state: "provider_down",
      at: firstOf(down, ({ providerDownSince }) => providerDownSince),
      message: `${down[0]?.state.message ?? ""}.`,
    }),
    ...aboutAccounts(lacking, {
      state: "needs_permission",
      at: firstOf(lacking, ({ wanted }) => wanted?.since ?? null),
      message: describeLacking(lacking),
    }),
    ...describeEnds(working, now),
  ];
}

/** None if it is about no account. */
function aboutAccounts(
  accounts: MemberAccount[],
  notice: Pick<Finding, "state" | "at" | "message"> & Partial<Finding>,
): Finding[] {
  if (accounts.length === 0) return [];
  const among = new Set(accounts.map(({ memberId }) => memberId));
  return [{ ...SIGN_IN, ...notice, among }];
}

function firstOf(
  accounts: MemberAccount[],
  atOf: (state: ConnectionState) => number | null,
): number | null {
  const known = accounts.flatMap(({ state }) => atOf(state) ?? []);
  return known.length === 0 ? null : Math.min(...known);
}

function describeFailing(kind: "sign_in" | "key", failing: MemberAccount[]): Finding[] {
  const [what, mend] =
    kind === "key" ? ["key", "enters another one"] : ["account", "connects it again"];
  const [reason = null, ...otherReasons] = new Set(failing.map(({ state }) => state.reason));
  return aboutAccounts(failing, {
    state: "failing",
    reason: otherReasons.length === 0 ? reason : null,
    at: firstOf(failing, ({ since }) => since),
    message: `The ${toOwners(what, failing.length)} ${failing.length === 1 ? "does" : "do"} not work any more. Each person ${mend} under “Your accounts”.`,
  });
}

function describeLacking(lacking: MemberAccount[]): string {
  const wanted = lacking.flatMap(({ state }) => state.wanted ?? []);
  const scopes = joinScopes(...wanted.map((one) => one.scopes));
  const what =
    scopes.length === 0 ? "permission, and does not say which" : `more: ${showScopes(scopes)}`;
  const mend = wanted.some(({ canGrant }) => canGrant)
    ? "Each person grants that by connecting it again under “Your accounts”"
    : "Connecting again does not help: each person has to get that right at the provider";
  return `The server refuses calls with the ${toOwners("account", lacking.length)}, because it wants ${what}. ${mend}.`;
}

/** Ends that are known, by what ends: the first one of each. */
function describeEnds(accounts: MemberAccount[], now: number): Finding[] {
  return (["sign_in", "client_secret"] as const).flatMap((kind) => {
    const ending = accounts.filter(
      ({ state: { end } }) => end?.kind === kind && end.at <= now + EXPIRES_SOON_MS,
    );
    const at = firstOf(ending, ({ end }) => end?.at ?? null) ?? 0;
    const host = URL.parse(ending[0]?.state.issuer ?? "")?.host ?? "the provider";
    const [ends, before] = at <= now ? ["ended", ""] : ["ends", " before"];
    const subject =
      kind === "sign_in"
        ? `The sign-in at ${host} of the ${toOwners("account", ending.length)}`
        : `The gateway’s registration at ${host}, with which it renews the ${toOwners("account", ending.length)},`;
    return aboutAccounts(ending, {
      kind,
      state: at <= now ? "expired" : "expires",
      at,
      message: `${subject} ${ends} on ${toDay(at)}, as the provider says. Each person connects again under “Your accounts”${before}.`,
    });
  });
}

/** Such as "accounts of 2 people". */
function toOwners(what: string, count: number): string {
  return count === 1 ? `${what} of one person` : `${what}s of ${count} people`;
}

function describeSignIn(state: ConnectionState, now: number): Finding[] {
  const { reason, message, since, providerDownSince, wanted, end, issuer } = state;
  const failing: Finding[] =
    state.state === "needs_sign_in"
      ? [{ ...SIGN_IN, state: "failing", reason, at: since, message: `${message ?? ""}.` }]
      : [];
  const isDown = failing.length === 0 && providerDownSince !== null;
  const down: Finding[] = isDown
    ? [{ ...SIGN_IN, state: "provider_down", at: providerDownSince, message: `${message ?? ""}.` }]
    : [];
  // A sign-in that fails is made anew first.
  const lacking: Finding[] =
    wanted && failing.length === 0
      ? [
          {
            ...SIGN_IN,
            state: "needs_permission",
            at: wanted.since,
            message: `${wanted.message}.`,
          },
        ]
      : [];
  // A sign-in that fails has ended already.
  const isForetold = failing.length === 0 && end && end.at <= now + EXPIRES_SOON_MS;
  const host = URL.parse(issuer ?? "")?.host ?? "the provider";
  const ends: Finding[] = isForetold
    ? [
        {
          ...SIGN_IN,
          kind: end.kind,
          state: end.at <= now ? "expired" : "expires",
          at: end.at,
          message: describeEnd(end.kind, host, end.at, now),
        },
      ]
    : [];
  return [...failing, ...down, ...lacking, ...ends];
}

function describeEnd(kind: "sign_in" | "client_secret", host: string, at: number, now: number) {
  const day = toDay(at);
  const mend = "An owner or admin can connect it again on the server’s page";
  if (kind === "sign_in")
    return at <= now
      ? `The sign-in at ${host} ended on ${day}, as the provider has said. ${mend}.`
      : `The sign-in at ${host} ends on ${day}, as the provider says. ${mend} before.`;
  return at <= now
    ? `The gateway’s registration at ${host} ended on ${day}, as the provider has said. ${mend}, which registers it anew.`
    : `The gateway’s registration at ${host} ends on ${day}, as the provider says. ${mend} before, which registers it anew.`;
}

function describeHeaders({ credentials }: ServerRecord, now: number): Finding[] {
  const mend = "An owner or admin can enter a new one in the settings of the server";
  return credentials.flatMap(({ name, expiresAt, expirySetBy }) => {
    if (expiresAt === undefined || expiresAt > now + EXPIRES_SOON_MS) return [];
    const isOver = expiresAt <= now;
    return {
      kind: "header",
      state: isOver ? "expired" : "expires",
      header: name,
      reason: null,
      at: expiresAt,
      message: `The credential "${name}" ${isOver ? "expired" : "expires"} on ${toDay(expiresAt)}. ${mend}${isOver ? "" : " before"}.`,
      declaredBy: expirySetBy ?? null,
      among: null,
    } as const;
  });
}

/** Such as "4 December 2026" (UTC). */
function toDay(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at);
}
