import {
  hasAccessTokens,
  isRoleWithin,
  type EntityChange,
  type Role,
  type TokenRecord,
  type WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { AccessPolicy } from "../policy/access-policy.ts";
import { bindRules, toNamedToken } from "../policy/rules.ts";
import {
  accept,
  findChangedFields,
  refuse,
  refusePast,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type RefusedDecision,
} from "./change-decision.ts";

const TOKEN_BYTES = 24;
/** Members create their own tokens: most tokens of one member that are not revoked. */
const MAX_LIVE_TOKENS = 100;
/** Most tokens of one member, revoked ones included: they stay in the configuration. */
const MAX_TOKENS = 1_000;

/** Creates a token of a member, or a workspace token. The caller gets its value, so that it can act as the member. */
export function createToken(
  config: WorkspaceConfig,
  { input, callerRole, person }: Command<"token.create">,
  context: ChangeContext,
): ChangeDecision<"token.create"> {
  const memberId = input.memberId ?? null;
  const expiresAt = input.expiresAt ?? null;
  if (memberId !== null && !config.members.has(memberId))
    return refuse("not_found", "There is no such member in this workspace.");
  if (config.members.get(memberId ?? "")?.role === "auditor")
    return refuse("conflict", "An auditor calls no tools and has no tokens.");
  if (!mayActAs(config, memberId, callerRole)) return refuseHigherRole();
  const ofMember = [...config.tokens.values()].filter(
    (token) => token.memberId === memberId && token.sessionId === null && !hasAccessTokens(token),
  );
  const live = ofMember.filter((token) => token.revokedAt === null);
  if (memberId !== null && (live.length >= MAX_LIVE_TOKENS || ofMember.length >= MAX_TOKENS))
    return refuse("conflict", "This member has too many tokens: revoke some, or rotate one.");
  const past = refusePast("expiresAt", expiresAt, context.now);
  if (past) return past;
  const tools = bindTools(config, memberId, input.tools ?? null);
  if ("kind" in tools) return tools;
  const { token, digest, lastFour } = newToken();
  const record: TokenRecord = {
    id: context.newId("tok"),
    memberId,
    label: input.label,
    digest,
    lastFour,
    createdBy: person ?? context.actor,
    sessionId: null,
    createdAt: context.now,
    expiresAt,
    revokedAt: null,
    tools: tools.bound,
    suspendedAt: null,
    client: null,
    trustRuleId: null,
    issuerId: null,
    accessTokens: [],
  };
  const detail = { label: record.label, memberId, expiresAt, ...toToolsDetail(input.tools) };
  const event = toTokenEvent(record.id, "created", detail);
  return accept(context, config.workspace, event, [toTokenChange(record)], {
    token,
    record: toNamedToken(config, record),
  });
}

/** Changes a token's label, or what it lists and may call. Its value stays. */
export function updateToken(
  config: WorkspaceConfig,
  command: Command<"token.update">,
  context: ChangeContext,
): ChangeDecision<"token.update"> {
  const { id, patch } = command;
  const current = findToken(config, command);
  if (!current) return refuseUnknownToken();
  if (!mayActAs(config, current.memberId, command.callerRole)) return refuseHigherRole();
  if (current.revokedAt !== null)
    return refuse("conflict", "The token is revoked: create a new one.");
  const tools =
    patch.tools === undefined
      ? { bound: current.tools }
      : bindTools(config, current.memberId, patch.tools);
  if ("kind" in tools) return tools;
  const record = { ...current, label: patch.label ?? current.label, tools: tools.bound };
  const named = toNamedToken(config, record);
  const before = toNamedToken(config, current);
  const changed = findChangedFields(before, named);
  const detail = {
    label: record.label,
    memberId: record.memberId,
    ...changed,
    before: findChangedFields(named, before),
  };
  return accept(
    context,
    config.workspace,
    toTokenEvent(id, "updated", detail),
    [toTokenChange(record)],
    {
      record: named,
    },
  );
}

/** Replaces the token's value. The old value stops working at once; id, label and expiry stay. */
export function rotateToken(
  config: WorkspaceConfig,
  command: Command<"token.rotate">,
  context: ChangeContext,
): ChangeDecision<"token.rotate"> {
  const { id } = command;
  const current = findToken(config, command);
  if (!current) return refuseUnknownToken();
  if (!mayActAs(config, current.memberId, command.callerRole)) return refuseHigherRole();
  if (current.client)
    return refuse("conflict", "Only its client can renew this token: revoke it to end it.");
  if (current.revokedAt !== null)
    return refuse("conflict", "The token is revoked: create a new one.");
  if (current.expiresAt !== null && current.expiresAt <= context.now) {
    return refuse("conflict", "The token has expired: create a new one.");
  }
  const { token, digest, lastFour } = newToken();
  const createdBy = command.person ?? context.actor;
  const record = { ...current, digest, lastFour, createdBy };
  const event = toTokenEvent(id, "rotated", { label: record.label, memberId: record.memberId });
  return accept(context, config.workspace, event, [toTokenChange(record)], {
    token,
    record: toNamedToken(config, record),
  });
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
  const record = { ...current, accessTokens: [], revokedAt: current.revokedAt ?? context.now };
  const event = toTokenEvent(id, "revoked", { label: record.label, memberId: record.memberId });
  return accept(context, config.workspace, event, [toTokenChange(record)], {
    record: toNamedToken(config, record),
  });
}

/** A temporary token, and that of a trust rule, is not found: it cannot be rotated, and other commands end it. */
function findToken(
  config: WorkspaceConfig,
  { id, ownerId }: { id: string; ownerId?: string },
): TokenRecord | undefined {
  const token = config.tokens.get(id);
  if (token?.sessionId !== null || token.trustRuleId !== null) return undefined;
  return ownerId === undefined || token.memberId === ownerId ? token : undefined;
}

/** Binds a token's rules to servers. A server that its owner may not use is refused like one that does not exist. */
export function bindTools(
  config: WorkspaceConfig,
  memberId: string | null,
  tools: string[] | null,
): { bound: string[] | null } | RefusedDecision {
  if (tools === null) return { bound: null };
  const member = memberId === null ? null : (config.members.get(memberId) ?? null);
  const access = new AccessPolicy(config).accessOf(member, Date.now());
  const servers = [...config.servers].filter(([id]) => access.mayKnowServer(id));
  const { bound, unknown } = bindRules({ servers: new Map(servers) }, tools);
  if (unknown === null) return { bound };
  const message = `tools: the token's owner may not use a server "${unknown}"; name servers that it may use.`;
  return refuse("invalid", message);
}

function toToolsDetail(tools: string[] | null | undefined): { tools?: string[] } {
  return tools ? { tools } : {};
}

/** Makes a token: its clear text, the SHA-256 digest in lowercase hex, and its last four characters. */
export function newToken(): { token: string; digest: string; lastFour: string } {
  const token = `mng_${crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex()}`;
  return { token, digest: sha256Hex(token), lastFour: token.slice(-4) };
}

/**
 * Makes the record of a token that has access tokens in place of a value: that of a grant, or of a trust rule. It has none
 * yet, does not end, and is not narrowed.
 */
export function newAccessTokenHolder(
  id: string,
  memberId: string,
  label: string,
  now: number,
): TokenRecord {
  return {
    id,
    memberId,
    label,
    // No value has this digest.
    digest: newToken().digest,
    lastFour: "",
    createdBy: null,
    sessionId: null,
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
    tools: null,
    suspendedAt: null,
    client: null,
    trustRuleId: null,
    issuerId: null,
    accessTokens: [],
  };
}

/** The change that stores a token. */
export function toTokenChange(record: TokenRecord): EntityChange {
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

/** Refuses a command for a token that the workspace, or its owner, does not have. */
export function refuseUnknownToken() {
  return refuse("not_found", "There is no such token in this workspace.");
}

function toTokenEvent(
  id: string,
  verb: "created" | "updated" | "rotated" | "revoked",
  detail: Record<string, unknown>,
): ChangeEvent {
  return { action: `token.${verb}`, object: `token:${id}`, detail };
}
