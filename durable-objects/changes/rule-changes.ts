import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { RulesEdit } from "../../workers/contract/rpc/commands.ts";
import { applied, refused, type ChangeContext, type ChangeDecision } from "./change-decision.ts";

/** Most rules that one member may have; all of them come with the member's row. */
const MAX_RULES = 2_000;

/** Replaces a member's rules. A rule may name a server that is not there (yet): it allows nothing then. */
export function setRules(
  config: WorkspaceConfig,
  id: string,
  rules: string[],
  context: ChangeContext,
): ChangeDecision {
  const member = config.members.get(id);
  if (!member) return refused("not_found", "There is no such member in this workspace.");
  const changed = withRules(member, rules);
  const detail = {
    added: changed.rules.filter((rule) => !member.rules.includes(rule)),
    removed: member.rules.filter((rule) => !changed.rules.includes(rule)),
  };
  const event = { action: "member.rules_set", object: `member:${id}`, detail };
  return applied(context, config.workspace, event, [saved(changed)], { member: changed });
}

/** Adds rules to many members and takes rules from them, all or nothing. */
export function editRules(
  config: WorkspaceConfig,
  { memberIds, add, remove }: RulesEdit,
  context: ChangeContext,
): ChangeDecision {
  const members: MemberRecord[] = [];
  for (const id of new Set(memberIds)) {
    const member = config.members.get(id);
    if (!member) return refused("not_found", "There is no such member in this workspace.");
    const kept = member.rules.filter((rule) => !remove.includes(rule));
    const changed = withRules(member, [...kept, ...add]);
    if (changed.rules.length > MAX_RULES) {
      const message = `${member.name} would have more than ${MAX_RULES} rules: allow whole servers with server_slug:*.`;
      return refused("invalid", message);
    }
    members.push(changed);
  }
  const event = {
    action: "member.rules_edited",
    object: `workspace:${config.workspace.slug}`,
    detail: { members: members.map(({ id }) => id), added: add, removed: remove },
  };
  return applied(context, config.workspace, event, members.map(saved), { members });
}

/** Sorted and without repetitions, as they come back from the record. */
function withRules(member: MemberRecord, rules: string[]): MemberRecord {
  return { ...member, rules: [...new Set(rules)].toSorted() };
}

function saved(member: MemberRecord): EntityChange {
  return { kind: "member", id: member.id, value: member };
}
