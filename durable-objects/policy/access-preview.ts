import type { AccessProposal } from "../../workers/contract/api/access-preview.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccessChange } from "../../workers/contract/rpc/access-preview.ts";
import { AccessPolicy } from "./access-policy.ts";
import { bindRules, isAllowing } from "./rules.ts";
import { toToolClass } from "./tool-classes.ts";

/** A tool of a server, by the server's name for it, and the name that clients use. */
export interface ServerTool {
  server: ServerRecord;
  name: string;
  exposedName: string;
  /** Its definition as JSON. */
  json: string;
}

/**
 * The tools and servers that each member loses and gains by a proposal. Proposed rules for a server that does not exist allow
 * nothing.
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
  const members = new Map(
    [...config.members].map(([id, member]) => {
      const proposed = rules[id];
      const changed = proposed && {
        ...member,
        rules: bindRules(config, proposed).bound,
        isRestricted: member.isRestricted || proposed.some(isAllowing),
      };
      return [id, changed ?? member];
    }),
  );
  return compareAccess(config, { ...config, workspace, members }, tools, tools);
}

/**
 * The tools and servers that each member loses and gains by another configuration, by the policy that admission uses. Members
 * without a change are left out, and so are suspended ones, who may call nothing. `listedBefore`, `listedAfter`: the tools
 * that clients can call.
 */
export function compareAccess(
  before: WorkspaceConfig,
  after: WorkspaceConfig,
  listedBefore: ServerTool[],
  listedAfter: ServerTool[],
): AccessChange[] {
  const members = [...before.members.values()].filter(({ suspendedAt }) => suspendedAt === null);
  const [oldPolicy, newPolicy] = [
    withClasses(before, listedBefore),
    withClasses(after, listedAfter),
  ];
  return members.flatMap((member) => {
    const old = accessIn(before, oldPolicy, member.id);
    const present = accessIn(after, newPolicy, member.id);
    const toolsBefore = listedBefore.filter(({ server, name }) => old.mayCall(server.id, name));
    const toolsAfter = listedAfter.filter(({ server, name }) => present.mayCall(server.id, name));
    const stays = new Set(toolsAfter.map(toToolId));
    const lost = toolsBefore.filter((tool) => !stays.has(toToolId(tool)));
    const lostServers = [...before.servers.values()].filter(
      ({ id }) => old.mayUseServer(id) && !present.mayUseServer(id),
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

/** Identifies a tool, whatever its server's slug and its exposed name are. */
export function toToolId({ server, name }: ServerTool): string {
  return `${server.id} ${name}`;
}

function withClasses(config: WorkspaceConfig, tools: ServerTool[]): AccessPolicy {
  const classes = new Map(tools.map((tool) => [toToolId(tool), toToolClass(tool.json)]));
  return new AccessPolicy(config, (serverId, name) => classes.get(`${serverId} ${name}`) ?? null);
}

/** What a member may use in a configuration: nothing of a server that it does not have. */
function accessIn(config: WorkspaceConfig, policy: AccessPolicy, memberId: string) {
  const member = config.members.get(memberId);
  const access = member && policy.accessOf(member, Date.now());
  const isThere = (serverId: string) => config.servers.has(serverId);
  const isEnabled = (serverId: string) => config.servers.get(serverId)?.enabled === true;
  return {
    mayCall: (serverId: string, tool: string) =>
      access !== undefined && isEnabled(serverId) && access.mayCall(serverId, tool),
    mayUseServer: (serverId: string) =>
      access !== undefined && isThere(serverId) && access.mayUseServer(serverId),
  };
}
