import { useState } from "react";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Select } from "../../ui/select.tsx";
import { RulesDialog } from "./rules-dialog.tsx";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  selected: WorkspaceMember[];
  members: WorkspaceMember[];
  onClear: () => void;
}

/** Actions for all selected members at once. */
export function BulkBar({ slug, selected, members, onClear }: Props) {
  const [open, setOpen] = useState<"add" | "remove" | "copy">();
  const { edit, copy } = useRules(slug);
  const close = () => setOpen(undefined);
  if (selected.length === 0) return null;
  return (
    <div
      className="card flex flex-wrap items-center gap-2 bg-soft px-4 py-2"
      role="group"
      aria-label="Selected members"
    >
      <p className="mr-auto text-sm">{pluralize(selected.length, "member")} selected</p>
      <Button size="sm" onClick={() => setOpen("add")}>
        Add rules
      </Button>
      <Button size="sm" onClick={() => setOpen("remove")}>
        Remove rules
      </Button>
      <Button size="sm" onClick={() => setOpen("copy")}>
        Copy rules…
      </Button>
      <Button size="sm" variant="ghost" onClick={onClear}>
        Clear selection
      </Button>
      {(open === "add" || open === "remove") && (
        <RulesDialog
          slug={slug}
          kind={open}
          isOpen
          members={selected}
          isBusy={edit.isPending}
          onClose={close}
          onSubmit={(rules) =>
            edit.mutate(
              {
                members: selected,
                add: open === "add" ? rules : [],
                remove: open === "remove" ? rules : [],
              },
              { onSuccess: close },
            )
          }
        />
      )}
      <Dialog isOpen={open === "copy"} onClose={close} title="Copy rules from another member">
        {open === "copy" && (
          <CopyForm
            selected={selected}
            members={members}
            isBusy={copy.isPending}
            onClose={close}
            onSubmit={(from) => copy.mutate({ members: selected, from }, { onSuccess: close })}
          />
        )}
      </Dialog>
    </div>
  );
}

interface CopyProps {
  selected: WorkspaceMember[];
  members: WorkspaceMember[];
  isBusy: boolean;
  onClose: () => void;
  onSubmit: (from: string) => void;
}

function CopyForm({ selected, members, isBusy, onClose, onSubmit }: CopyProps) {
  const others = members.filter(({ id }) => !selected.some((member) => member.id === id));
  const [from, setFrom] = useState(others[0]?.id ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(from);
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
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={from === ""}>
          Copy rules
        </Button>
      </FormActions>
    </form>
  );
}
