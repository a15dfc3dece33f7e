import {
  isRoleWithin,
  type EntityChange,
  type Role,
  type TokenRecord,
  type WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { accept, refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";

const TOKEN_BYTES = 24;
/** Members create their own tokens: most tokens of one member that are not revoked. */
const MAX_LIVE_TOKENS = 100;
/** Most tokens of one member, revoked ones included: they stay in the configuration. */
const MAX_TOKENS = 1_000;

/** Creates a token of a member, or a workspace token. The caller gets its value, so that it can act as the member. */
export async function createToken(
  config: WorkspaceConfig,
  { input, callerRole, person }: Command<"token.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"token.create">> {
  const memberId = input.memberId ?? null;
  const expiresAt = input.expiresAt ?? null;
  if (memberId !== null && !config.members.has(memberId))
    return refuse("not_found", "There is no such member in this workspace.");
  if (config.members.get(memberId ?? "")?.role === "auditor")
    return refuse("conflict", "An auditor calls no tools and has no tokens.");
  if (!mayActAs(config, memberId, callerRole)) return refuseHigherRole();
  const ofMember = [...config.tokens.values()].filter((token) => token.memberId === memberId);
  const live = ofMember.filter((token) => token.revokedAt === null);
  if (memberId !== null && (live.length >= MAX_LIVE_TOKENS || ofMember.length >= MAX_TOKENS))
    return refuse("conflict", "This member has too many tokens: revoke some, or rotate one.");
  if (expiresAt !== null && expiresAt <= context.now) {
    return refuse(
      "invalid",
      "expiresAt: the time is in the past; give a later time in epoch milliseconds.",
    );
  }
  const { token, digest, lastFour } = await newToken();
  const record: TokenRecord = {
    id: context.newId("tok"),
    memberId,
    label: input.label,
    digest,
    lastFour,
    createdBy: person ?? context.actor,
    createdAt: context.now,
    expiresAt,
    revokedAt: null,
    suspendedAt: null,
  };
  const event = toTokenEvent(record.id, "created", { label: record.label, memberId, expiresAt });
  return accept(context, config.workspace, event, [toChange(record)], { token, record });
}

/** Replaces the token's value. The old value stops working at once; id, label and expiry stay. */
export async function rotateToken(
  config: WorkspaceConfig,
  command: Command<"token.rotate">,
  context: ChangeContext,
): Promise<ChangeDecision<"token.rotate">> {
  const { id } = command;
  const current = findToken(config, command);
  if (!current) return refuseUnknownToken();
  if (!mayActAs(config, current.memberId, command.callerRole)) return refuseHigherRole();
  if (current.revokedAt !== null)
    return refuse("conflict", "The token is revoked: create a new one.");
  if (current.expiresAt !== null && current.expiresAt <= context.now) {
    return refuse("conflict", "The token has expired: create a new one.");
  }
  const { token, digest, lastFour } = await newToken();
  const createdBy = command.person ?? context.actor;
  const record = { ...current, digest, lastFour, createdBy };
  const event = toTokenEvent(id, "rotated", { label: record.label, memberId: record.memberId });
  return accept(context, config.workspace, event, [toChange(record)], { token, record });
}

/** Revokes a token. A revoked token keeps its first time of revocation. */
export function revokeToken(
  config: WorkspaceConfig,
  command: Command<"token.revoke">,
  context: ChangeContext,
): ChangeDecision<"token.revoke"> {
  const { id } = command;
  const current = findToken(config, command);
  if (!current) return refuseUnknownToken();
  const record = { ...current, revokedAt: current.revokedAt ?? context.now };
  const event = toTokenEvent(id, "revoked", { label: record.label, memberId: record.memberId });
  return accept(context, config.workspace, event, [toChange(record)], { record });
}

function findToken(
  config: WorkspaceConfig,
  { id, ownerId }: { id: string; ownerId?: string },
): TokenRecord | undefined {
  const token = config.tokens.get(id);
  return ownerId === undefined || token?.memberId === ownerId ? token : undefined;
}

async function newToken(): Promise<{ token: string; digest: string; lastFour: string }> {
  const token = `mng_${crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex()}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return { token, digest: new Uint8Array(digest).toHex(), lastFour: token.slice(-4) };
}

function toChange(record: TokenRecord): EntityChange {
  return { kind: "token", id: record.id, value: record };
}

/** The value of a member's token allows its holder to act as the member: a caller gets none of a higher role's. */
function mayActAs(
  { members }: WorkspaceConfig,
  memberId: string | null,
  callerRole: Role | undefined,
): boolean {
  const member = memberId === null ? undefined : members.get(memberId);
  return !member || callerRole === undefined || isRoleWithin(member.role, callerRole);
}

function refuseHigherRole() {
  return refuse(
    "forbidden",
    "This member has a higher role than you: only the member, or a member of the same role, can create and rotate its tokens. You can revoke them.",
  );
}

function refuseUnknownToken() {
  return refuse("not_found", "There is no such token in this workspace.");
}

function toTokenEvent(id: string, verb: string, detail: Record<string, unknown>) {
  return { action: `token.${verb}`, object: `token:${id}`, detail };
}
