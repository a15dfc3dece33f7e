import type {
  MemberRecord,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import { decideToolAccess, type ToolAccess } from "../policy/tool-access.ts";

/** Whose request it is, and what that person may reach. */
export interface TokenOwner {
  token: TokenRecord;
  member: MemberRecord | null;
  access: ToolAccess;
}

/** Who the tokens of one state of a configuration belong to; a change of it makes a new one. */
export class TokenOwners {
  readonly #config: WorkspaceConfig;
  readonly #byDigest: Map<string, TokenRecord>;
  /** By token id: what a member's rules come to is worked out once. */
  readonly #known = new Map<string, TokenOwner>();

  constructor(config: WorkspaceConfig) {
    this.#config = config;
    this.#byDigest = new Map([...config.tokens.values()].map((token) => [token.digest, token]));
  }

  /** The principal of a token; null for one that is unknown, revoked, expired or whose member is gone. */
  find(digest: string, now: number): TokenOwner | null {
    const token = this.#byDigest.get(digest);
    if (!token || !equalDigests(token.digest, digest)) return null;
    if (token.revokedAt !== null || (token.expiresAt !== null && token.expiresAt <= now))
      return null;
    const known = this.#known.get(token.id);
    if (known) return known;
    const member = token.memberId === null ? null : this.#config.members.get(token.memberId);
    if (member === undefined) return null;
    const principal = { token, member, access: decideToolAccess(this.#config.workspace, member) };
    this.#known.set(token.id, principal);
    return principal;
  }
}

/** Takes the same time wherever they differ. */
function equalDigests(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return difference === 0;
}
