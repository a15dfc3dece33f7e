import type { AccessProposal } from "../../workers/contract/api/access-preview.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccessChange } from "../../workers/contract/rpc/access-preview.ts";
import { bindRules } from "./rules.ts";
import { decideToolAccess, type ToolAccess } from "./tool-access.ts";

/** A tool of a server, by the server's name for it. */
export interface ServerTool {
  server: ServerRecord;
  name: string;
}

/**
 * The tools and servers that each member loses and gains by a proposal, by the policy that admission uses. Members
 * without a change are left out, and so are suspended ones, who may call nothing. Proposed rules for a server that does not exist allow nothing.
 */
export function previewAccess(
  config: WorkspaceConfig,
  tools: ServerTool[],
  { rules = {}, enforcement, defaultAccess }: AccessProposal,
): AccessChange[] {
  const workspace = {
    ...config.workspace,
    enforcement: enforcement ?? config.workspace.enforcement,
    defaultAccess: defaultAccess ?? config.workspace.defaultAccess,
  };
  const servers = [...config.servers.values()];
  const members = [...config.members.values()].filter(({ suspendedAt }) => suspendedAt === null);
  return members.flatMap((member) => {
    const proposed = rules[member.id];
    const before = decideToolAccess(config.workspace, member);
    const after = decideToolAccess(
      workspace,
      proposed
        ? {
            ...member,
            rules: bindRules(config, proposed).bound,
            isRestricted: member.isRestricted || proposed.length > 0,
          }
        : member,
    );
    const isAllowed = (access: ToolAccess) => (tool: ServerTool) =>
      access.mayCall(tool.server.id, tool.name);
    const toolsBefore = tools.filter(isAllowed(before));
    const toolsAfter = tools.filter(isAllowed(after));
    const lost = toolsBefore.filter((tool) => !isAllowed(after)(tool));
    const lostServers = servers.filter(
      ({ id }) => before.mayUseServer(id) && !after.mayUseServer(id),
    );
    const gainedCount = toolsAfter.length - (toolsBefore.length - lost.length);
    if (lost.length + gainedCount + lostServers.length === 0) return [];
    return [
      {
        memberId: member.id,
        name: member.name,
        toolsBefore: toolsBefore.length,
        toolsAfter: toolsAfter.length,
        gainedCount,
        lost: lost.map(({ server, name }) => ({ serverSlug: server.slug, toolName: name })),
        lostServers: lostServers.map(({ slug }) => slug),
      },
    ];
  });
}
