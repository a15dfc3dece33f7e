import type { AccessProposal } from "../../workers/contract/api/people.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccessChange } from "../../workers/contract/rpc/access-preview.ts";
import type { ToolName } from "../../workers/contract/rpc/access-preview.ts";
import { decideToolAccess, type ToolAccess } from "./tool-access.ts";

/** What each member would lose and gain, judged by the policy that the gateway asks; members for whom nothing changes are left out. */
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
    const may = (access: ToolAccess) => (tool: ToolName) =>
      access.mayCall(tool.serverSlug, tool.toolName);
    const [had, has] = [tools.filter(may(before)), tools.filter(may(after))];
    const lost = had.filter((tool) => !may(after)(tool));
    const lostServers = slugs.filter(
      (slug) => before.mayUseServer(slug) && !after.mayUseServer(slug),
    );
    const gainedCount = has.length - (had.length - lost.length);
    if (lost.length + gainedCount + lostServers.length === 0) return [];
    const { id: memberId, name } = member;
    const counts = { toolsBefore: had.length, toolsAfter: has.length, gainedCount };
    return [{ memberId, name, ...counts, lost, lostServers }];
  });
}
