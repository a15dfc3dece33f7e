import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import type { RulesChange } from "./rule-changes.ts";
import { RuleChips } from "./rule-chips.tsx";
import { RulesDialog } from "./rules-dialog.tsx";
import { useRules } from "./use-rules.ts";

/** Rows that are shown at first, and more with each click: hundreds take seconds to appear. */
const MEMBERS_OF_PAGE = 50;

interface Props {
  slug: string;
  workspace: Workspace;
  members: WorkspaceMember[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  /** Asks first when the change takes away more than the rules that it names. */
  onChange: (change: RulesChange) => void;
}

/** List of members with their rules as chips, and checkboxes to select members for bulk changes. */
export function MemberRules(props: Props) {
  const { slug, workspace, selected, onSelect, onChange } = props;
  const [count, setCount] = useState(MEMBERS_OF_PAGE);
  const members = props.members.slice(0, count);
  const more = props.members.length - members.length;
  const [edited, setEdited] = useState<WorkspaceMember>();
  const send = useRules(slug);
  const areAllSelected = members.every(({ id }) => selected.has(id));
  const areSomeSelected = members.some(({ id }) => selected.has(id));
  const toggle = (id: string, isChecked: boolean) => {
    const next = new Set(selected);
    if (isChecked) next.add(id);
    else next.delete(id);
    onSelect(next);
  };
  return (
    <Section>
      <div className="flex items-center gap-3 border-b border-line px-4 py-2.5 text-xs text-dim">
        <Checkbox
          label="Select all shown members"
          isChecked={areAllSelected}
          isMixed={areSomeSelected && !areAllSelected}
          onChange={(isChecked) => onSelect(new Set(isChecked ? members.map(({ id }) => id) : []))}
        />
        Member and rules
      </div>
      <ul className="divide-y divide-line">
        {members.map((member) => (
          <li key={member.id} className="flex items-start gap-3 px-4 py-3">
            <span className="flex h-5 items-center">
              <Checkbox
                label={`Select ${member.name}`}
                isChecked={selected.has(member.id)}
                onChange={(isChecked) => toggle(member.id, isChecked)}
              />
            </span>
            <div className="grid min-w-0 flex-1 gap-2 md:grid-cols-[12rem_minmax(0,1fr)]">
              <p className="flex h-5 items-center gap-2 font-medium">
                <span className="truncate">
                  <DisplayName name={member.name} />
                </span>
                {member.role !== "member" && <Badge>{ROLE_LABELS[member.role]}</Badge>}
              </p>
              <RuleChips
                member={member}
                workspace={workspace}
                onAdd={() => setEdited(member)}
                onRemove={(rule) => onChange({ members: [member], add: [], remove: [rule] })}
                onUnrestrict={() =>
                  onChange({ members: [member], add: [], remove: [], isRestricted: false })
                }
              />
            </div>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <div className="border-t border-line px-4 py-3">
          <Button onClick={() => setCount(count + MEMBERS_OF_PAGE)}>Show more ({more})</Button>
        </div>
      )}
      <RulesDialog
        slug={slug}
        workspace={workspace}
        kind="add"
        isOpen={edited !== undefined}
        members={edited ? [edited] : []}
        onClose={() => setEdited(undefined)}
        onSubmit={send}
      />
    </Section>
  );
}
