import { allowsClient, type AccessToken } from "../../workers/contract/records/oauth.ts";
import type {
  EntityChange,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { toNamedToken } from "../policy/rules.ts";
import { accept, refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import { toDeletion } from "./temporary-token-changes.ts";
import {
  bindTools,
  newAccessTokenHolder,
  refuseUnknownToken,
  toTokenChange,
} from "./token-changes.ts";

/** A client that registers again for each sign-in leaves its grants behind: the ones that were refreshed longest ago end. */
const MAX_GRANTS_OF_MEMBER = 50;
/** Programs that share the storage of a client refresh one after the other, and use what they have until they look again. */
const MAX_ACCESS_TOKENS = 10;

/**
 * Stores the grant of a member to a client, with its first access token. The authorization server has checked the member's
 * consent; the member, the client and the rules can have changed since.
 */
export function createGrant(
  config: WorkspaceConfig,
  { grant, access, endsAt, memberId, client, tools }: Command<"grant.create">,
  context: ChangeContext,
): ChangeDecision<"grant.create"> {
  const member = config.members.get(memberId);
  if (!member) return refuse("not_found", "There is no such member in this workspace.");
  if (member.role === "auditor")
    return refuse("forbidden", "An auditor calls no tools and cannot sign in from a client.");
  if (!allowsClient(config.workspace.oauth, client))
    return refuse("forbidden", "This workspace does not let this client sign in.");
  const bound = bindTools(config, memberId, tools);
  if ("kind" in bound) return bound;
  const record: TokenRecord = {
    ...newAccessTokenHolder(toGrantTokenId(grant), memberId, client.name, context.now),
    createdBy: context.actor,
    expiresAt: endsAt,
    tools: bound.bound,
    client,
    accessTokens: [access],
  };
  const detail = { label: client.name, memberId, client: client.host ?? client.redirectHost };
  const event = { action: "grant.created", object: `token:${record.id}`, detail } as const;
  const changes: EntityChange[] = [
    ...listSuperfluousGrants(config, memberId, context.now).map(toDeletion),
    toTokenChange(record),
  ];
  return accept(context, config.workspace, event, changes, {
    record: toNamedToken(config, record),
  });
}

/** Adds an access token to a grant. The earlier ones stay valid: programs that share the client's storage can have them. */
export function refreshGrant(
  config: WorkspaceConfig,
  { grant, access, endsAt }: Command<"grant.refresh">,
  { now }: ChangeContext,
): ChangeDecision<"grant.refresh"> {
  const current = findGrant(config, grant);
  if (!current) return refuseUnknownToken();
  const accessTokens = [access, ...current.accessTokens.filter(({ expiresAt }) => expiresAt > now)];
  return store({ ...current, expiresAt: endsAt }, accessTokens.slice(0, MAX_ACCESS_TOKENS));
}

/** Ends a grant with all its access tokens. */
export function endGrant(
  config: WorkspaceConfig,
  { grant, cause }: Command<"grant.end">,
  context: ChangeContext,
): ChangeDecision<"grant.end"> {
  const current = findGrant(config, grant);
  if (!current) return { kind: "unchanged", result: {} };
  const record = { ...current, accessTokens: [], revokedAt: context.now };
  const detail = { label: current.label, memberId: current.memberId, cause };
  const event = { action: "grant.ended", object: `token:${current.id}`, detail } as const;
  return accept(context, config.workspace, event, [toTokenChange(record)], {});
}

/** Ends one access token of a grant. */
export function dropAccessToken(
  config: WorkspaceConfig,
  { grant, digest }: Command<"grant.drop">,
): ChangeDecision<"grant.drop"> {
  const current = findGrant(config, grant);
  if (!current) return { kind: "unchanged", result: {} };
  return store(
    current,
    current.accessTokens.filter((access) => access.digest !== digest),
  );
}

/** The id of the token that represents a grant, by the grant's id in the authorization server. */
export function toGrantTokenId(grant: string): string {
  return `grt_${grant}`;
}

function findGrant(
  { tokens, workspace, members }: WorkspaceConfig,
  grant: string,
): TokenRecord | undefined {
  const token = tokens.get(toGrantTokenId(grant));
  if (!token?.client || token.revokedAt !== null) return undefined;
  if (!allowsClient(workspace.oauth, token.client)) return undefined;
  return members.has(token.memberId ?? "") ? token : undefined;
}

function store(token: TokenRecord, accessTokens: AccessToken[]) {
  const changes = [toTokenChange({ ...token, accessTokens })];
  return { kind: "unrecorded", changes, result: {} } as const;
}

/** The grants of a member that have ended without a revocation, and the oldest ones of too many. */
export function listSuperfluousGrants(
  { tokens }: WorkspaceConfig,
  memberId: string,
  now: number,
): TokenRecord[] {
  const toEnd = ({ expiresAt, createdAt }: TokenRecord) => expiresAt ?? createdAt;
  const grants = [...tokens.values()]
    .filter((token) => token.client !== null && token.memberId === memberId && !isKept(token))
    .toSorted((a, b) => toEnd(b) - toEnd(a));
  return grants.filter((token, place) => place >= MAX_GRANTS_OF_MEMBER - 1 || toEnd(token) <= now);
}

/** A grant that an issuer's next assertion would make again, without what people have decided of it. */
function isKept({ id, issuerId, revokedAt, suspendedAt, tools }: TokenRecord): boolean {
  if (issuerId === null) return false;
  const isMadeSo = isServerGrant(id) && tools?.length === 1 && tools[0]?.endsWith(":*") === true;
  return revokedAt !== null || suspendedAt !== null || (tools !== null && !isMadeSo);
}

/** The start of the ids of grants that assertions for one server have made; those for the workspace have another. */
const SERVER_GRANT = "jas";

/** The id of the grant that assertions for one server make. It is always the same, so that the next one finds it. */
export function toServerGrantId(parts: string[]): string {
  return `${SERVER_GRANT}_${sha256Hex(JSON.stringify(parts)).slice(0, 24)}`;
}

/** Whether a token is a grant that assertions for one server have made. */
export function isServerGrant(tokenId: string): boolean {
  return tokenId.startsWith(toGrantTokenId(`${SERVER_GRANT}_`));
}
