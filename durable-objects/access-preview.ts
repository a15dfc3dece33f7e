import type { AccessProposal } from "../workers/contract/people.ts";
import type { WorkspaceConfig } from "../workers/contract/workspace.ts";
import { decideAccess, type Access } from "./access.ts";

/** A tool by its server's slug and its own name there. */
export interface ToolName {
  serverSlug: string;
  toolName: string;
}

/** What a proposal would do to one member. */
export interface AccessChange {
  memberId: string;
  name: string;
  toolsBefore: number;
  toolsAfter: number;
  gainedCount: number;
  lost: ToolName[];
  lostServers: string[];
}

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
    const before = decideAccess(config.workspace, member);
    const after = decideAccess(workspace, { ...member, rules: rules[member.id] ?? member.rules });
    const may = (access: Access) => (tool: ToolName) =>
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
