import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { classNames } from "../../ui/class-names.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import type { RulesChange } from "./rule-changes.ts";
import { RulesDialog } from "./rules-dialog.tsx";
import { describeDefaultAccess, findStop, parseRule } from "./rules.ts";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  workspace: Workspace;
  members: WorkspaceMember[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  /** Asks first when the change takes away more than the rules that it names. */
  onChange: (change: RulesChange) => void;
}

/** Chips shown for a member before the list is expanded. */
const MAX_COLLAPSED_CHIPS = 8;

/** List of members with their rules as chips, and checkboxes to select members for bulk changes. */
export function MemberRules(props: Props) {
  const { slug, workspace, members, selected, onSelect, onChange } = props;
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
              <Chips
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

interface ChipsProps {
  member: WorkspaceMember;
  workspace: Workspace;
  onAdd: () => void;
  onRemove: (rule: string) => void;
  onUnrestrict: () => void;
}

function Chips({ member, workspace, onAdd, onRemove, onUnrestrict }: ChipsProps) {
  const [isExpanded, setIsExpanded] = useState(false);
  const shown = isExpanded ? member.rules : member.rules.slice(0, MAX_COLLAPSED_CHIPS);
  const hidden = member.rules.length - shown.length;
  // An auditor keeps earlier rules, which can only be taken away.
  const mayChange = findStop(member) !== "auditor";
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label={`Rules of ${member.name}`}>
      {member.rules.length === 0 && (
        <li className="text-dim">{describeDefaultAccess(workspace, member)}</li>
      )}
      {mayChange &&
        member.rules.length === 0 &&
        member.isRestricted &&
        workspace.defaultAccess === "open" && (
          <li>
            <Button size="sm" variant="ghost" onClick={onUnrestrict}>
              Give full access
            </Button>
          </li>
        )}
      {shown.map((rule) => (
        <Chip key={rule} rule={rule} onRemove={() => onRemove(rule)} />
      ))}
      {hidden > 0 && (
        <li>
          <Button size="sm" variant="ghost" onClick={() => setIsExpanded(true)}>
            Show {hidden} more
          </Button>
        </li>
      )}
      {mayChange && (
        <li>
          <Button
            size="sm"
            variant="ghost"
            aria-label={`Add rules for ${member.name}`}
            onClick={onAdd}
          >
            <Plus className="size-3.5" aria-hidden />
            Add rules
          </Button>
        </li>
      )}
    </ul>
  );
}

function Chip({ rule, onRemove }: { rule: string; onRemove: () => void }) {
  const { server, tool } = parseRule(rule);
  return (
    <li
      className={classNames(
        "inline-flex h-6 max-w-full items-center gap-1 rounded pl-2 font-mono text-xs",
        tool === null ? "bg-accent-soft text-accent-ink" : "bg-soft text-ink",
      )}
    >
      <span className="truncate">
        {tool === null ? `${server}: all tools` : escapeLine(`${server}:${tool}`)}
      </span>
      <button
        type="button"
        aria-label={`Remove rule ${escapeLine(rule)}`}
        onClick={onRemove}
        className="flex size-6 items-center justify-center rounded hover:bg-softer"
      >
        <X className="size-3" aria-hidden />
      </button>
    </li>
  );
}
