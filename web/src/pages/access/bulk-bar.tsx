import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { plural } from "../../ui/numbers.ts";
import { Select } from "../../ui/select.tsx";
import { RulesDialog } from "./rules-dialog.tsx";
import type { Person } from "./rules.ts";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  chosen: Person[];
  people: Person[];
  onClear: () => void;
}

/** What can be done about the selected people at once. */
export function BulkBar({ slug, chosen, people, onClear }: Props) {
  const [open, setOpen] = useState<"add" | "remove" | "copy">();
  const { edit, copy } = useRules(slug);
  const close = () => setOpen(undefined);
  if (chosen.length === 0) return null;
  return (
    <div
      className="card flex flex-wrap items-center gap-2 bg-soft px-4 py-2"
      role="group"
      aria-label="Selected people"
    >
      <p className="mr-auto text-sm">{plural(chosen.length, "person", "people")} selected</p>
      <Button size="sm" onClick={() => setOpen("add")}>
        Add rules
      </Button>
      <Button size="sm" onClick={() => setOpen("remove")}>
        Remove rules
      </Button>
      <Button size="sm" onClick={() => setOpen("copy")}>
        Copy from …
      </Button>
      <Button size="sm" variant="ghost" onClick={onClear}>
        Clear
      </Button>
      {(open === "add" || open === "remove") && (
        <RulesDialog
          slug={slug}
          kind={open}
          isOpen
          people={chosen}
          isBusy={edit.isPending}
          onClose={close}
          onSubmit={(rules) =>
            edit.mutate(
              {
                people: chosen,
                add: open === "add" ? rules : [],
                remove: open === "remove" ? rules : [],
              },
              { onSuccess: close },
            )
          }
        />
      )}
      <Dialog isOpen={open === "copy"} onClose={close} title="Copy rules from another person">
        {open === "copy" && (
          <CopyForm
            chosen={chosen}
            people={people}
            isBusy={copy.isPending}
            onClose={close}
            onSubmit={(from) => copy.mutate({ people: chosen, from }, { onSuccess: close })}
          />
        )}
      </Dialog>
    </div>
  );
}

interface CopyProps {
  chosen: Person[];
  people: Person[];
  isBusy: boolean;
  onClose: () => void;
  onSubmit: (from: string) => void;
}

function CopyForm({ chosen, people, isBusy, onClose, onSubmit }: CopyProps) {
  const others = people.filter(({ id }) => !chosen.some((person) => person.id === id));
  const [from, setFrom] = useState(others[0]?.id ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(from);
      }}
    >
      <Field
        label="From"
        hint={`Replaces the rules of ${plural(chosen.length, "person", "people")}.`}
      >
        <Select
          value={from}
          onChange={setFrom}
          choices={others.map(({ id, name, rules }) => ({
            value: id,
            label: `${name} (${plural(rules.length, "rule")})`,
          }))}
        />
      </Field>
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={from === ""}>
          Copy
        </Button>
      </Actions>
    </form>
  );
}
