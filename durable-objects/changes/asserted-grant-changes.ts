import { allowsClient } from "../../workers/contract/records/oauth.ts";
import type { TokenRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { DAY_MS, HOUR_MS } from "../../workers/contract/units.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { accept, refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import {
  isServerGrant,
  listSuperfluousGrants,
  toGrantTokenId,
  toServerGrantId,
} from "./grant-changes.ts";
import { toDeletion } from "./temporary-token-changes.ts";
import { bindTools, newAccessTokenHolder, toTokenChange } from "./token-changes.ts";

/** Short, because the issuer decides anew with each assertion: who has left the company has none for the next hour. */
const LIFETIME_MS = HOUR_MS;
/** One client of a person can be several programs, and each has its own assertions. */
const MAX_ACCESS_TOKENS = 50;
/** Grants that one command ends: each takes up to three statements, and D1 allows 1,000 in a request. */
const MAX_FORGOTTEN = 200;
const SECRET_BYTES = 32;

const REVOKED =
  "The client's access for this person was revoked in the workspace. Sign in from the client with consent instead, or ask an owner of the workspace: with an issuer of assertions, an owner can unpin the person, which lets the client in again.";

/**
 * Gives a client access for a member, as an issuer of the workspace has asserted. There is one grant for each client, member,
 * issuer and place (the workspace, or one server), with an event; later assertions only add access tokens. What people have
 * decided of it stays: otherwise the client's next assertion would undo it.
 */
export function assertGrant(
  config: WorkspaceConfig,
  { memberId, client, issuerId, issuer, server }: Command<"grant.assert">,
  context: ChangeContext,
): ChangeDecision<"grant.assert"> {
  const { workspace, members } = config;
  const member = members.get(memberId);
  if (!member || member.agent)
    return refuse("not_found", "There is no such member in this workspace.");
  if (member.role === "auditor")
    return refuse("forbidden", "An auditor calls no tools and cannot sign in from a client.");
  if (member.suspendedAt !== null)
    return refuse(
      "forbidden",
      "The member is suspended. An owner or admin can lift the suspension.",
    );
  if (!allowsClient(workspace.oauth, client))
    return refuse("forbidden", "This workspace does not let this client sign in.");
  const tools = bindTools(config, memberId, server === null ? null : [`${server}:*`]);
  if ("kind" in tools) return refuse("invalid", toUnknownServer(server ?? ""));
  const { now } = context;
  const of = [issuerId, memberId, client.id] as const;
  const place = tools.bound && toServerGrantId([...of, ...tools.bound]);
  const current =
    place === null ? findGrant(config, ...of) : config.tokens.get(toGrantTokenId(place));
  if (current && current.revokedAt !== null) return refuse("forbidden", REVOKED);
  const grant = current?.id.slice(toGrantTokenId("").length) ?? place ?? context.newId("jag");
  const made = newAccessTokenHolder(toGrantTokenId(grant), memberId, client.name, now);
  const held = current ?? { ...made, tools: tools.bound };
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toHex();
  const token = `${workspace.slug}.${memberId}:${grant}:${secret}`;
  const expiresAt = now + LIFETIME_MS;
  const live = held.accessTokens.filter((access) => access.expiresAt > now);
  const accessTokens = [{ digest: sha256Hex(token), expiresAt }, ...live];
  const record: TokenRecord = {
    ...held,
    client,
    issuerId,
    expiresAt: now + workspace.oauth.idleDays * DAY_MS,
    accessTokens: accessTokens.slice(0, MAX_ACCESS_TOKENS),
  };
  const result = { token, expiresAt, grant };
  if (current) return { kind: "unrecorded", changes: [toTokenChange(record)], result };
  const shown = client.host ?? client.redirectHost;
  const detail = { label: client.name, memberId, client: shown, issuer };
  const event = { action: "assertion.accepted", object: `token:${record.id}`, detail } as const;
  const superfluous = listSuperfluousGrants(config, memberId, now).map(toDeletion);
  return accept(context, workspace, event, [...superfluous, toTokenChange(record)], result);
}

/**
 * Removes the grants that an issuer's assertions have made, revoked ones included; with `keepsGrants` only their access tokens,
 * so that what people have revoked or narrowed stays so. `left`: grants for a further command. The event is that of the cause.
 */
export function forgetGrants(
  { tokens }: WorkspaceConfig,
  { issuerId, memberId, keepsGrants }: Command<"grant.forget">,
): ChangeDecision<"grant.forget"> {
  const made = [...tokens.values()].filter(
    (token) =>
      token.issuerId === issuerId &&
      (memberId === null || token.memberId === memberId) &&
      (!keepsGrants || token.accessTokens.length > 0),
  );
  if (made.length === 0) return { kind: "unchanged", result: { left: 0 } };
  const now = made.slice(0, MAX_FORGOTTEN);
  const changes = keepsGrants
    ? now.map((token) => toTokenChange({ ...token, accessTokens: [] }))
    : now.map(toDeletion);
  return { kind: "unrecorded", changes, result: { left: made.length - now.length } };
}

function toUnknownServer(server: string): string {
  return `The person may not use a server "${server}" of this workspace: request the assertion for the workspace, or for a server that the person may use.`;
}

/** The grant for the whole workspace. */
function findGrant(
  { tokens }: WorkspaceConfig,
  issuerId: string,
  memberId: string,
  clientId: string,
): TokenRecord | undefined {
  return [...tokens.values()].find(
    (token) =>
      token.issuerId === issuerId &&
      token.memberId === memberId &&
      token.client?.id === clientId &&
      !isServerGrant(token.id),
  );
}
