import type { StopCause } from "../../workers/contract/records/stop.ts";
import type {
  MemberRecord,
  TokenRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import { decideToolAccess, narrowToolAccess, type ToolAccess } from "../policy/tool-access.ts";

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

/** The owners of all tokens, for one state of the configuration: after a change, a new index is made. */
export class TokenOwners {
  readonly #config: WorkspaceConfig;
  readonly #byDigest: Map<string, TokenRecord>;
  /** By token id: tool access is computed once per token. */
  readonly #byTokenId = new Map<string, TokenOwner>();

  constructor(config: WorkspaceConfig) {
    this.#config = config;
    this.#byDigest = new Map([...config.tokens.values()].map((token) => [token.digest, token]));
  }

  /** Null for a token that is unknown, revoked, expired, or whose member is gone or is an auditor. */
  find(digest: string, now: number): TokenOwner | null {
    const token = this.#byDigest.get(digest);
    if (!token || !equalDigests(token.digest, digest)) return null;
    if (token.revokedAt !== null || (token.expiresAt !== null && token.expiresAt <= now))
      return null;
    const known = this.#byTokenId.get(token.id);
    if (known) return known;
    const member = token.memberId === null ? null : this.#config.members.get(token.memberId);
    if (member === undefined || member?.role === "auditor") return null;
    const { workspace } = this.#config;
    const access = narrowToolAccess(decideToolAccess(workspace, member), token.tools);
    const owner = { token, member, access, stop: findStop(workspace, member, token) };
    this.#byTokenId.set(token.id, owner);
    return owner;
  }
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
