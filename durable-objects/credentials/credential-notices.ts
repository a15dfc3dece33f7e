import type { ConnectionState } from "../../workers/contract/records/connection.ts";
import {
  EXPIRES_SOON_MS,
  type FoundNotice,
} from "../../workers/contract/records/credential-notice.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";

/** A notice without the number of callers that it affects. */
export type Finding = Omit<FoundNotice, "people" | "tokens">;

/** What is the matter with the credentials of a server, or will be soon: its sign-in, its registration, its secret headers. */
export function findCredentialNotices(
  server: ServerRecord,
  state: ConnectionState,
  now: number,
): Finding[] {
  if (!server.enabled) return [];
  return [...describeSignIn(state, now), ...describeHeaders(server, now)];
}

const SIGN_IN = { kind: "sign_in", header: null, reason: null, declaredBy: null } as const;

/** Accounts and keys of people that do not work any more, which each person has to mend. `since`: the first of them. */
export function describeAccounts(
  kind: "sign_in" | "key",
  count: number,
  since: number | null,
): Finding {
  const [what, mend] =
    kind === "key" ? ["key", "enters another one"] : ["account", "connects it again"];
  const subject =
    count === 1 ? `The ${what} of one person does` : `The ${what}s of ${count} people do`;
  const message = `${subject} not work any more. Each person ${mend} under “Your accounts”.`;
  return { ...SIGN_IN, state: "failing", reason: null, at: since, message };
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
  const lacking: Finding[] = wanted
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
    } as const;
  });
}

/** Such as "4 December 2026" (UTC). */
function toDay(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at);
}
