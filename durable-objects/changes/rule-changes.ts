import { MAX_RULES_PER_MEMBER } from "../../workers/contract/limits.ts";
import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { accept, refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";

/** Replaces a member's rules. A rule for a server that does not exist (yet) is stored and allows nothing. */
export function setRules(
  config: WorkspaceConfig,
  { id, rules, allowsFullAccess }: Command<"member.rules">,
  context: ChangeContext,
): ChangeDecision<"member.rules"> {
  const before = config.members.get(id);
  if (!before) return refuse("not_found", "There is no such member in this workspace.");
  const member = withRules(before, rules);
  if (!allowsFullAccess && gainsFullAccess(config.workspace, before, member))
    return refuseFullAccess(member);
  const detail = {
    added: member.rules.filter((rule) => !before.rules.includes(rule)),
    removed: before.rules.filter((rule) => !member.rules.includes(rule)),
  };
  const event = { action: "member.rules_set", object: `member:${id}`, detail };
  return accept(context, config.workspace, event, [toChange(member)], { member });
}

/** Adds rules to and removes rules from many members, all or nothing. */
export function editRules(
  config: WorkspaceConfig,
  { edit: { memberIds, add, remove, allowsFullAccess } }: Command<"rules.edit">,
  context: ChangeContext,
): ChangeDecision<"rules.edit"> {
  const members: MemberRecord[] = [];
  for (const id of new Set(memberIds)) {
    const before = config.members.get(id);
    if (!before) return refuse("not_found", "There is no such member in this workspace.");
    const kept = before.rules.filter((rule) => !remove.includes(rule));
    const member = withRules(before, [...kept, ...add]);
    if (member.rules.length > MAX_RULES_PER_MEMBER) {
      const message = `${member.name} would have more than ${MAX_RULES_PER_MEMBER} rules: allow whole servers with server_slug:*.`;
      return refuse("invalid", message);
    }
    if (!allowsFullAccess && gainsFullAccess(config.workspace, before, member))
      return refuseFullAccess(member);
    members.push(member);
  }
  const event = {
    action: "member.rules_edited",
    object: `workspace:${config.workspace.slug}`,
    detail: { members: members.map(({ id }) => id), added: add, removed: remove },
  };
  return accept(context, config.workspace, event, members.map(toChange), { members });
}

/** Whether a change that removes a member's last rule gives the member every tool. */
function gainsFullAccess(
  { defaultAccess }: WorkspaceRecord,
  before: MemberRecord,
  after: MemberRecord,
): boolean {
  return defaultAccess === "open" && before.rules.length > 0 && after.rules.length === 0;
}

function refuseFullAccess({ name }: MemberRecord) {
  const message = `Without its last rule, ${name} could call every tool, because default access is open. Close default access in the settings first, or confirm with "allowsFullAccess": true.`;
  return refuse("conflict", message);
}

/** Rules are sorted and unique, as D1 returns them. */
function withRules(member: MemberRecord, rules: string[]): MemberRecord {
  return { ...member, rules: [...new Set(rules)].toSorted() };
}

function toChange(member: MemberRecord): EntityChange {
  return { kind: "member", id: member.id, value: member };
}
