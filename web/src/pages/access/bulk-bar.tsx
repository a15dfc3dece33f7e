import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { BulkActions } from "../../ui/row-actions.tsx";
import { Select } from "../../ui/select.tsx";
import { ConsequenceNotice } from "./consequence-notice.tsx";
import type { RulesCopying } from "./rule-changes.ts";
import { RulesDialog } from "./rules-dialog.tsx";
import { findStop } from "./rules.ts";
import { useRules } from "./use-rules.ts";

// An auditor calls nothing: earlier rules can only be taken away.
const canCall = (member: WorkspaceMember) => findStop(member) !== "auditor";
const ACTIONS = [
  { kind: "add", bulkLabel: "Add rules", isFor: canCall },
  { kind: "remove", bulkLabel: "Remove rules", isFor: () => true },
  { kind: "copy", bulkLabel: "Copy rules…", isFor: canCall },
] as const;

interface Props {
  slug: string;
  workspace: Workspace;
  selected: WorkspaceMember[];
  members: WorkspaceMember[];
  onClear: () => void;
}

/** Actions for all selected members at once. */
export function BulkBar({ slug, workspace, selected, members, onClear }: Props) {
  const [open, setOpen] = useState<(typeof ACTIONS)[number]["kind"]>();
  const change = useRules(slug);
  const close = () => setOpen(undefined);
  if (selected.length === 0) return null;
  const callers = selected.filter(canCall);
  return (
    <div
      className="card flex flex-wrap items-center gap-2 bg-soft px-4 py-2"
      role="group"
      aria-label="Selected members"
    >
      <p className="mr-auto text-sm">{pluralize(selected.length, "member")} selected</p>
      <BulkActions actions={ACTIONS} rows={selected} onChoose={({ kind }) => setOpen(kind)} />
      <Button size="sm" variant="ghost" onClick={onClear}>
        Clear selection
      </Button>
      {(open === "add" || open === "remove") && (
        <RulesDialog
          slug={slug}
          workspace={workspace}
          kind={open}
          isOpen
          members={open === "add" ? callers : selected}
          onClose={close}
          onSubmit={change}
        />
      )}
      <Dialog isOpen={open === "copy"} onClose={close} title="Copy rules from another member">
        {open === "copy" && (
          <CopyForm
            workspace={workspace}
            selected={callers}
            members={members}
            onClose={close}
            onSubmit={change}
          />
        )}
      </Dialog>
    </div>
  );
}

interface CopyProps extends Omit<Props, "slug" | "onClear"> {
  onClose: () => void;
  onSubmit: (change: RulesCopying) => void;
}

function CopyForm({ workspace, selected, members, onClose, onSubmit }: CopyProps) {
  const others = members.filter(({ id }) => !selected.some((member) => member.id === id));
  const [from, setFrom] = useState(others[0]?.id ?? "");
  const source = others.find(({ id }) => id === from);
  const change = source && { members: selected, copyFrom: source };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (change) onSubmit(change);
        onClose();
      }}
    >
      <Field
        label="Copy from"
        hint={`Replaces all rules of ${pluralize(selected.length, "member")}.`}
      >
        <Select
          value={from}
          onChange={setFrom}
          choices={others.map(({ id, name, rules }) => ({
            value: id,
            label: `${name} (${pluralize(rules.length, "rule")})`,
          }))}
        />
      </Field>
      {change && <ConsequenceNotice workspace={workspace} change={change} toolCount={0} />}
      <FormActions>
        <Button data-initial-focus onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" disabled={change === undefined}>
          Copy rules
        </Button>
      </FormActions>
    </form>
  );
}
