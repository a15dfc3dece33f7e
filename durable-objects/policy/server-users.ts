import type { TokenRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccessPolicy } from "./access-policy.ts";
import { narrowToolAccess } from "./tool-access.ts";

/**
 * How many people and agents may call tools of a server, and how many tokens: neither those that are suspended or have ended,
 * nor those of the dashboard. `among`: of these members only; null: of all, with the tokens of the workspace.
 */
export function countUsers(
  { config: { members, tokens }, policy }: { config: WorkspaceConfig; policy: AccessPolicy },
  serverId: string,
  now: number,
  among: ReadonlySet<string> | null = null,
): { people: number; tokens: number } {
  const accesses = new Map(
    [...members.values()]
      .filter(({ id, suspendedAt }) => suspendedAt === null && (among?.has(id) ?? true))
      .map((member) => [member.id, policy.accessOf(member, now)]),
  );
  const mayCall = ({ memberId, tools }: TokenRecord) => {
    if (memberId === null && among) return false;
    const owner = memberId === null ? policy.accessOf(null, now) : accesses.get(memberId);
    return (
      owner !== undefined && narrowToolAccess(owner, tools, policy.classOf).mayKnowServer(serverId)
    );
  };
  return {
    people: [...accesses.values()].filter((access) => access.mayKnowServer(serverId)).length,
    tokens: [...tokens.values()].filter((token) => isInUse(token, now) && mayCall(token)).length,
  };
}

/** Whether a token that a person made for a client works now. */
export function isInUse(
  { revokedAt, suspendedAt, expiresAt, sessionId }: TokenRecord,
  now: number,
): boolean {
  return (
    revokedAt === null &&
    suspendedAt === null &&
    sessionId === null &&
    (expiresAt === null || expiresAt > now)
  );
}
