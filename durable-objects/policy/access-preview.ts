import type { AccessProposal } from "../../workers/contract/api/access-preview.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccessChange, ToolName } from "../../workers/contract/rpc/access-preview.ts";
import { decideToolAccess, type ToolAccess } from "./tool-access.ts";

/**
 * The tools and servers that each member loses and gains by a proposal, by the policy that admission uses. Members
 * without a change are left out.
 */
export function previewAccess(
  config: WorkspaceConfig,
  tools: ToolName[],
  { rules = {}, enforcement, defaultAccess }: AccessProposal,
): AccessChange[] {
  const workspace = {
    ...config.workspace,
    enforcement: enforcement ?? config.workspace.enforcement,
    defaultAccess: defaultAccess ?? config.workspace.defaultAccess,
  };
  const slugs = [...config.servers.values()].map(({ slug }) => slug);
  return [...config.members.values()].flatMap((member) => {
    const before = decideToolAccess(config.workspace, member);
    const after = decideToolAccess(workspace, {
      ...member,
      rules: rules[member.id] ?? member.rules,
    });
    const isAllowed = (access: ToolAccess) => (tool: ToolName) =>
      access.mayCall(tool.serverSlug, tool.toolName);
    const toolsBefore = tools.filter(isAllowed(before));
    const toolsAfter = tools.filter(isAllowed(after));
    const lost = toolsBefore.filter((tool) => !isAllowed(after)(tool));
    const lostServers = slugs.filter(
      (slug) => before.mayUseServer(slug) && !after.mayUseServer(slug),
    );
    const gainedCount = toolsAfter.length - (toolsBefore.length - lost.length);
    if (lost.length + gainedCount + lostServers.length === 0) return [];
    const { id: memberId, name } = member;
    const counts = {
      toolsBefore: toolsBefore.length,
      toolsAfter: toolsAfter.length,
      gainedCount,
    };
    return [{ memberId, name, ...counts, lost, lostServers }];
  });
}
