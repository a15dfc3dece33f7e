import { TEMPORARY_TOKEN_LABEL } from "../../workers/contract/api/temporary-tokens.ts";
import type {
  EntityChange,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import { newToken, refuseUnknownToken } from "./token-changes.ts";

/** A page that crashes cannot end its token: the token works for this long at most. */
const LIFETIME_MS = 15 * 60_000;
/** Each open page of the dashboard has one. The oldest one makes room for another. */
const MAX_OF_MEMBER = 20;

/**
 * Creates a token with which the dashboard calls tools for the user of a browser session. It has no audit event: it has no
 * right that its session does not have, and its calls are in the audit log. Tokens that have expired are deleted.
 */
export function createTemporaryToken(
  config: WorkspaceConfig,
  { memberId, sessionId, sessionEndsAt }: Command<"temporary-token.create">,
  context: ChangeContext,
): ChangeDecision<"temporary-token.create"> {
  if (!config.members.has(memberId))
    return refuse("not_found", "There is no such member in this workspace.");
  const { token, digest, lastFour } = newToken();
  const expiresAt = Math.min(context.now + LIFETIME_MS, sessionEndsAt);
  const record: TokenRecord = {
    id: context.newId("tmp"),
    memberId,
    label: TEMPORARY_TOKEN_LABEL,
    digest,
    lastFour,
    createdBy: context.actor,
    sessionId,
    createdAt: context.now,
    expiresAt,
    revokedAt: null,
    suspendedAt: null,
    tools: null,
    client: null,
    trustRuleId: null,
    issuerId: null,
    accessTokens: [],
  };
  const deletions = listSuperfluous(config, memberId, context.now).map(toDeletion);
  const changes: EntityChange[] = [...deletions, { kind: "token", id: record.id, value: record }];
  return { kind: "unrecorded", changes, result: { token, id: record.id, expiresAt } };
}

/** Ends a temporary token. It is deleted: its calls name its member. */
export function deleteTemporaryToken(
  { tokens }: WorkspaceConfig,
  { id, ownerId }: Command<"temporary-token.delete">,
): ChangeDecision<"temporary-token.delete"> {
  const token = tokens.get(id);
  const isFound = token && isTemporary(token);
  if (!isFound || (ownerId !== undefined && token.memberId !== ownerId))
    return refuseUnknownToken();
  return { kind: "unrecorded", changes: [toDeletion(token)], result: {} };
}

/** The change that deletes a token. */
export function toDeletion({ id }: TokenRecord): EntityChange {
  return { kind: "token", id, value: null };
}

/** Whether a token ends with a browser session. */
export function isTemporary({ sessionId }: TokenRecord): boolean {
  return sessionId !== null;
}

/** The temporary tokens that have expired, and the oldest ones of a member who has too many for another one. */
function listSuperfluous(
  { tokens }: WorkspaceConfig,
  memberId: string,
  now: number,
): TokenRecord[] {
  const isOver = ({ expiresAt }: TokenRecord) => expiresAt !== null && expiresAt <= now;
  const temporary = [...tokens.values()].filter(isTemporary);
  const live = temporary
    .filter((token) => token.memberId === memberId && !isOver(token))
    .toSorted((a, b) => b.createdAt - a.createdAt);
  return [...temporary.filter(isOver), ...live.slice(MAX_OF_MEMBER - 1)];
}
