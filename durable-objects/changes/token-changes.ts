import type {
  EntityChange,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command, TokenInput } from "../../workers/contract/rpc/commands.ts";
import { applied, refused, type ChangeContext, type ChangeDecision } from "./change-decision.ts";

const TOKEN_BYTES = 24;
/** Tokens of one member that are not revoked, and in all: members make their own. */
const MAX_LIVE_TOKENS = 100;
const MAX_TOKENS = 1_000;

export async function createToken(
  config: WorkspaceConfig,
  input: TokenInput,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const memberId = input.memberId ?? null;
  const expiresAt = input.expiresAt ?? null;
  if (memberId !== null && !config.members.has(memberId))
    return refused("not_found", "There is no such member in this workspace.");
  const ofMember = [...config.tokens.values()].filter((token) => token.memberId === memberId);
  const live = ofMember.filter((token) => token.revokedAt === null);
  if (memberId !== null && (live.length >= MAX_LIVE_TOKENS || ofMember.length >= MAX_TOKENS))
    return refused("conflict", "This person has too many tokens: revoke some, or rotate one.");
  if (expiresAt !== null && expiresAt <= context.now) {
    return refused(
      "invalid",
      "expiresAt: the token would have expired already; give a later time in epoch milliseconds.",
    );
  }
  const { token, digest, lastFour } = await newToken();
  const record: TokenRecord = {
    id: context.newId("tok"),
    memberId,
    label: input.label,
    digest,
    lastFour,
    createdAt: context.now,
    expiresAt,
    revokedAt: null,
  };
  const detail = { label: record.label, memberId, expiresAt };
  return applied(
    context,
    config.workspace,
    tokenEvent(record.id, "created", detail),
    [saved(record)],
    { token, record },
  );
}

/** Gives the token another value; the old one is dead at once, all else stays. */
export async function rotateToken(
  config: WorkspaceConfig,
  command: Extract<Command, { type: "token.rotate" }>,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const { id } = command;
  const current = findToken(config, command);
  if (!current) return unknownToken();
  if (current.revokedAt !== null)
    return refused("conflict", "The token is revoked: create a new one.");
  if (current.expiresAt !== null && current.expiresAt <= context.now) {
    return refused("conflict", "The token has expired: create a new one.");
  }
  const { token, digest, lastFour } = await newToken();
  const record = { ...current, digest, lastFour };
  const event = tokenEvent(id, "rotated", { label: record.label, memberId: record.memberId });
  return applied(context, config.workspace, event, [saved(record)], { token, record });
}

/** Revoking a revoked token changes nothing. */
export function revokeToken(
  config: WorkspaceConfig,
  command: Extract<Command, { type: "token.revoke" }>,
  context: ChangeContext,
): ChangeDecision {
  const { id } = command;
  const current = findToken(config, command);
  if (!current) return unknownToken();
  const record = { ...current, revokedAt: current.revokedAt ?? context.now };
  const event = tokenEvent(id, "revoked", { label: record.label, memberId: record.memberId });
  return applied(context, config.workspace, event, [saved(record)], { record });
}

function findToken(
  config: WorkspaceConfig,
  { id, of }: { id: string; of?: string },
): TokenRecord | undefined {
  const token = config.tokens.get(id);
  return of === undefined || token?.memberId === of ? token : undefined;
}

async function newToken(): Promise<{ token: string; digest: string; lastFour: string }> {
  const token = `mng_${crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex()}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return { token, digest: new Uint8Array(digest).toHex(), lastFour: token.slice(-4) };
}

function saved(record: TokenRecord): EntityChange {
  return { kind: "token", id: record.id, value: record };
}

function unknownToken(): ChangeDecision {
  return refused("not_found", "There is no such token in this workspace.");
}

function tokenEvent(id: string, what: string, detail: Record<string, unknown>) {
  return { action: `token.${what}`, object: `token:${id}`, detail };
}
