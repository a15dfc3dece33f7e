import type { TokenRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { decideToolAccess, narrowToolAccess } from "./tool-access.ts";

/**
 * How many people and agents may call tools of a server, and how many tokens: neither those that are suspended or have ended,
 * nor those of the dashboard.
 */
export function countUsers(
  { workspace, members, tokens }: WorkspaceConfig,
  serverId: string,
  now: number,
): { people: number; tokens: number } {
  const accesses = new Map(
    [...members.values()]
      .filter(({ suspendedAt }) => suspendedAt === null)
      .map((member) => [member.id, decideToolAccess(workspace, member)]),
  );
  const mayCall = ({ memberId, tools }: TokenRecord) => {
    const owner = memberId === null ? decideToolAccess(workspace, null) : accesses.get(memberId);
    return owner !== undefined && narrowToolAccess(owner, tools).mayKnowServer(serverId);
  };
  return {
    people: [...accesses.values()].filter((access) => access.mayKnowServer(serverId)).length,
    tokens: [...tokens.values()].filter((token) => isInUse(token, now) && mayCall(token)).length,
  };
}

function isInUse({ revokedAt, suspendedAt, expiresAt, sessionId }: TokenRecord, now: number) {
  return (
    revokedAt === null &&
    suspendedAt === null &&
    sessionId === null &&
    (expiresAt === null || expiresAt > now)
  );
}
