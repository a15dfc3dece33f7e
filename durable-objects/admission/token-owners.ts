import { toAgentState, type AgentState } from "../../workers/contract/records/agents.ts";
import { allowsClient } from "../../workers/contract/records/oauth.ts";
import type { StopCause } from "../../workers/contract/records/stop.ts";
import {
  hasAccessTokens,
  type MemberRecord,
  type TokenRecord,
  type WorkspaceConfig,
  type WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { AccessPolicy } from "../policy/access-policy.ts";
import { narrowToolAccess, type ToolAccess } from "../policy/tool-access.ts";

/** The owner of a valid token, with its effective permissions. `member`: null for a workspace token. */
export interface TokenOwner {
  token: TokenRecord;
  member: MemberRecord | null;
  access: ToolAccess;
  /** What refuses the token, whichever client uses it; null: nothing. */
  stop: StopCause | null;
}

/** The id of the member behind a token, or of a workspace token. */
export function toTokenOwnerId({ member, token }: Pick<TokenOwner, "member" | "token">): string {
  return member?.id ?? token.id;
}

/** A token of a request: a value that a person made, or an access token. `expiresAt`: of this value. */
interface PresentedToken {
  digest: string;
  record: TokenRecord;
  expiresAt: number | null;
}

/** The owners of all tokens, for one state of the configuration: after a change, a new index is made. */
export class TokenOwners {
  readonly #config: WorkspaceConfig;
  readonly #policy: AccessPolicy;
  readonly #byDigest: Map<string, PresentedToken>;
  /** By digest: tool access is computed once per token, and again when a rule has ended. */
  readonly #owners = new Map<string, TokenOwner>();

  constructor(config: WorkspaceConfig, policy: AccessPolicy) {
    this.#config = config;
    this.#policy = policy;
    const presented = [...config.tokens.values()].flatMap(listPresented);
    this.#byDigest = new Map(presented.map((token) => [token.digest, token]));
  }

  /**
   * Null for a token that is unknown, revoked, expired, or whose member is gone, is an auditor or is an agent that has ended,
   * and for a grant of a client that the workspace does not allow to sign in.
   */
  find(digest: string, now: number): TokenOwner | null {
    const found = this.#byDigest.get(digest);
    if (!found || !equalDigests(found.digest, digest)) return null;
    const { record, expiresAt } = found;
    if (record.revokedAt !== null || hasPassed(expiresAt, now)) return null;
    const { workspace, members } = this.#config;
    const member = record.memberId === null ? null : members.get(record.memberId);
    if (member === undefined || member?.role === "auditor") return null;
    const agentState = member && findAgentState(members, member, now);
    if (agentState === "ended" || agentState === "owner_removed") return null;
    const known = this.#owners.get(digest);
    if (known && !hasPassed(known.access.validUntil, now)) return known;
    if (record.client && !allowsClient(workspace.oauth, record.client)) return null;
    const { classOf } = this.#policy;
    const access = narrowToolAccess(this.#policy.accessOf(member, now), record.tools, classOf);
    const token = { ...record, expiresAt: findEarlier(expiresAt, member?.agent?.endsAt ?? null) };
    const stop =
      findStop(workspace, member, record) ??
      (agentState === "owner_suspended" ? "member_suspended" : null);
    const owner = { token, member, access, stop };
    this.#owners.set(digest, owner);
    return owner;
  }
}

/** Whether the agent that a member is may act now. */
function findAgentState(
  members: WorkspaceConfig["members"],
  { agent, suspendedAt }: MemberRecord,
  now: number,
): AgentState | null {
  return agent && toAgentState(agent, suspendedAt, members.get(agent.ownerId), now);
}

function hasPassed(at: number | null, now: number): boolean {
  return at !== null && at <= now;
}

function findEarlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** The digests of a token's values: of a grant or a trust rule, of its access tokens. */
export function listDigests(record: TokenRecord): string[] {
  return listPresented(record).map(({ digest }) => digest);
}

function listPresented(record: TokenRecord): PresentedToken[] {
  if (!hasAccessTokens(record))
    return [{ digest: record.digest, record, expiresAt: record.expiresAt }];
  return record.accessTokens.map((access) => ({ ...access, record }));
}

function findStop(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
  token: TokenRecord,
): StopCause | null {
  if (workspace.stopped) return "workspace_stopped";
  if (member && member.suspendedAt !== null) return "member_suspended";
  return token.suspendedAt === null ? null : "token_suspended";
}

/** Compares in constant time (timing attack). */
function equalDigests(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return difference === 0;
}
