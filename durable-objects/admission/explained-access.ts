import type {
  AccessExplanation,
  AccessObstacle,
  AccessQuestion,
  RefusedAccess,
} from "../../workers/contract/api/access-explanation.ts";
import type { AccessSuggestion, UsedTool } from "../../workers/contract/api/access-suggestions.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { Admission } from "../../workers/contract/rpc/admission.ts";
import {
  decide,
  explainAccess,
  explainUnknownServer,
  listRules,
} from "../policy/explain-access.ts";
import { suggestAccess } from "../policy/suggest-access.ts";
import { listExposedTools } from "../tool-catalogue/exposed-tools.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";
import type { TokenOwner } from "./token-owners.ts";

/** See `WorkspaceRpc.explainAccess`. */
export function explainMemberAccess(
  loaded: LoadedWorkspace | null,
  { memberId, server: slug, tool, isOwn }: AccessQuestion,
  now: number,
): AccessExplanation | "unknown_member" | "unknown_server" {
  const member = loaded?.config.members.get(memberId);
  if (!loaded || !member) return "unknown_member";
  const server = [...loaded.config.servers.values()].find((known) => known.slug === slug);
  if (isOwn) {
    const isKnown = server && loaded.policy.accessOf(member, now).mayKnowServer(server.id);
    if (!isKnown) return explainUnknownServer(loaded, member, slug, tool, now);
  }
  if (!server) return "unknown_server";
  return explainAccess(loaded, { member, server, tool }, listObstacles(loaded, server, tool), now);
}

/** See `WorkspaceRpc.suggestAccess`. */
export function suggestMemberAccess(
  loaded: LoadedWorkspace | null,
  use: { used: UsedTool[]; since: number },
  now: number,
): AccessSuggestion[] {
  return loaded ? suggestAccess(loaded, listExposedTools(loaded), use, now) : [];
}

/** The admission of a refused call, with what its sender may know of it: the rule that decides, of the member or a team. */
export function toRefused(
  { config, policy }: LoadedWorkspace,
  { member, access }: TokenOwner,
  {
    reason,
    target,
  }: { reason: Extract<Admission, { kind: "refused" }>["reason"]; target: CallTarget | null },
  { method, now }: { method: string; now: number },
): Extract<Admission, { kind: "refused" }> {
  if (reason !== "tool_not_allowed" || !member || !target) return { kind: "refused", reason };
  const { server, key } = target;
  const tool = TOOL_METHODS.test(method) ? key : null;
  const subject = { member, server, tool };
  const all = listRules({ config, policy }, subject, now);
  const { decision, decidedBy } = decide(access, subject, all);
  const agentId = member.agent ? member.id : null;
  const refused: RefusedAccess = { server: server.slug, tool, decision, rule: null, agentId };
  if (decidedBy) {
    const { rule, holder, since, endsAt } = decidedBy.shown;
    refused.rule = { rule, holder, since, endsAt };
  }
  return { kind: "refused", reason, access: refused };
}

/** Methods that a rule for a single tool decides on. */
const TOOL_METHODS = /^(tools|tasks)\/|^subscriptions\/listen$/;

/** What refuses a call of a tool, or the use of a server, that the rules allow. */
function listObstacles(
  loaded: LoadedWorkspace,
  server: ServerRecord,
  tool: string | null,
): AccessObstacle[] {
  if (!server.enabled) return ["server_disabled"];
  if (tool === null) return [];
  const catalogue = loaded.catalogue();
  const name = catalogue.listTools(server).find((listed) => listed.name === tool)?.exposedName;
  const target = name === undefined || name === "" ? null : catalogue.findTool(name);
  if (!target) return ["unknown_tool"];
  const hold = catalogue.findHold("tool", target);
  return hold === null ? [] : [hold];
}
