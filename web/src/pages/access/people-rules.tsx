import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { RulesDialog } from "./rules-dialog.tsx";
import { describeRule, withoutRules, type Person } from "./rules.ts";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  workspace: Workspace;
  people: Person[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

/** So many chips are shown before the rest is folded away. */
const SHOWN_CHIPS = 8;

/** Each person with their rules as chips; people can be selected for a change of many at once. */
export function PeopleRules({ slug, workspace, people, selected, onSelect }: Props) {
  const [added, setAdded] = useState<Person>();
  const { set, edit } = useRules(slug);
  const all = people.every(({ id }) => selected.has(id));
  const some = people.some(({ id }) => selected.has(id));
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
          label="Select everybody shown"
          isChecked={all}
          isMixed={some && !all}
          onChange={(isChecked) => onSelect(new Set(isChecked ? people.map(({ id }) => id) : []))}
        />
        Person and rules
      </div>
      <ul className="divide-y divide-line">
        {people.map((person) => (
          <li key={person.id} className="flex items-start gap-3 px-4 py-3">
            <span className="flex h-5 items-center">
              <Checkbox
                label={`Select ${person.name}`}
                isChecked={selected.has(person.id)}
                onChange={(isChecked) => toggle(person.id, isChecked)}
              />
            </span>
            <div className="grid min-w-0 flex-1 gap-2 md:grid-cols-[12rem_minmax(0,1fr)]">
              <p className="flex h-5 items-center gap-2 font-medium">
                <span className="truncate">{person.name}</span>
                {person.role !== "member" && <Badge>{person.role}</Badge>}
              </p>
              <Chips
                person={person}
                none={withoutRules(workspace)}
                onAdd={() => setAdded(person)}
                onRemove={(rule) =>
                  set.mutate({ person, rules: person.rules.filter((other) => other !== rule) })
                }
              />
            </div>
          </li>
        ))}
      </ul>
      <RulesDialog
        slug={slug}
        kind="add"
        isOpen={added !== undefined}
        people={added ? [added] : []}
        isBusy={edit.isPending}
        onClose={() => setAdded(undefined)}
        onSubmit={(rules) =>
          added &&
          edit.mutate(
            { people: [added], add: rules, remove: [] },
            { onSuccess: () => setAdded(undefined) },
          )
        }
      />
    </Section>
  );
}

interface ChipsProps {
  person: Person;
  none: string;
  onAdd: () => void;
  onRemove: (rule: string) => void;
}

function Chips({ person, none, onAdd, onRemove }: ChipsProps) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? person.rules : person.rules.slice(0, SHOWN_CHIPS);
  const hidden = person.rules.length - shown.length;
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label={`Rules of ${person.name}`}>
      {person.rules.length === 0 && <li className="text-dim">{none}</li>}
      {shown.map((rule) => (
        <Chip key={rule} rule={rule} onRemove={() => onRemove(rule)} />
      ))}
      {hidden > 0 && (
        <li>
          <Button size="sm" variant="ghost" onClick={() => setIsWhole(true)}>
            {hidden} more
          </Button>
        </li>
      )}
      <li>
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Add rules for ${person.name}`}
          onClick={onAdd}
        >
          <Plus className="size-3.5" aria-hidden />
          Add
        </Button>
      </li>
    </ul>
  );
}

function Chip({ rule, onRemove }: { rule: string; onRemove: () => void }) {
  const { server, tool } = describeRule(rule);
  return (
    <li
      className={classNames(
        "inline-flex h-6 max-w-full items-center gap-1 rounded pl-2 font-mono text-xs",
        tool === null ? "bg-accent-soft text-accent-ink" : "bg-soft text-ink",
      )}
    >
      <span className="truncate">
        {tool === null ? `${server}: all tools` : `${server}:${tool}`}
      </span>
      <button
        type="button"
        aria-label={`Remove rule ${rule}`}
        onClick={onRemove}
        className="flex size-6 items-center justify-center rounded hover:bg-softer"
      >
        <X className="size-3" aria-hidden />
      </button>
    </li>
  );
}
