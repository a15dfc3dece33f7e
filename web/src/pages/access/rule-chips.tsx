import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { TimeUntil } from "../../ui/time.tsx";
import { describeDefaultAccess, describeScope, findStop, parseRule } from "./rules.ts";

/** Chips shown for a member before the list is expanded. */
const MAX_COLLAPSED_CHIPS = 8;

interface Props {
  member: WorkspaceMember;
  workspace: Workspace;
  onAdd: () => void;
  onRemove: (rule: string) => void;
  onUnrestrict: () => void;
}

/** The rules of a member as chips, each of which can be removed. */
export function RuleChips({ member, workspace, onAdd, onRemove, onUnrestrict }: Props) {
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
        <Chip
          key={rule}
          rule={rule}
          endsAt={member.terms[rule]?.endsAt ?? null}
          onRemove={() => onRemove(rule)}
        />
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

interface ChipProps {
  rule: string;
  /** Epoch ms; null: it does not end. */
  endsAt: number | null;
  onRemove: () => void;
}

function Chip({ rule, endsAt, onRemove }: ChipProps) {
  const { denies, tool } = parseRule(rule);
  return (
    <li
      className={classNames(
        "inline-flex h-6 max-w-full items-center gap-1 rounded pl-2 font-mono text-xs",
        denies
          ? "bg-bad-soft text-bad"
          : tool === null
            ? "bg-accent-soft text-accent-ink"
            : "bg-soft text-ink",
      )}
    >
      <span className="truncate">
        {denies && "Denied: "}
        {describeScope(rule)}
      </span>
      {endsAt !== null && (
        <span className="shrink-0 font-sans">
          (<TimeUntil at={endsAt} />)
        </span>
      )}
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
