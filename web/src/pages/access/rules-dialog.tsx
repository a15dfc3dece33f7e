import { Combobox } from "@base-ui/react/combobox";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { serversQuery, serverToolsQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { plural } from "../../ui/numbers.ts";
import type { Person } from "./rules.ts";

interface Props {
  slug: string;
  kind: "add" | "remove";
  isOpen: boolean;
  people: Person[];
  isBusy: boolean;
  onClose: () => void;
  onSubmit: (rules: string[]) => void;
}

/** Chooses rules to give to people, or to take from them. */
export function RulesDialog(props: Props) {
  const { kind, isOpen, people, onClose } = props;
  const whom =
    people.length === 1 ? (people[0]?.name ?? "") : plural(people.length, "person", "people");
  const startsNarrowing = kind === "add" && people.some(({ rules }) => rules.length === 0);
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={kind === "add" ? `Add rules for ${whom}` : `Remove rules from ${whom}`}
      {...(startsNarrowing
        ? {
            description:
              "Somebody without rules gets their first: from then on only rules count for them.",
          }
        : {})}
    >
      {isOpen && <RulesForm {...props} />}
    </Dialog>
  );
}

/** Every rule that can be given: each server, each of its tools. */
function useOptions(slug: string): string[] {
  const servers = useQuery(serversQuery(slug));
  const slugs = (servers.data ?? []).map((server) => server.slug);
  return useQueries({
    queries: slugs.map((server) => serverToolsQuery(slug, server)),
    combine: (results) =>
      slugs.flatMap((server, index) => [
        `${server}:*`,
        ...(results[index]?.data ?? []).map(({ name }) => `${server}:${name}`),
      ]),
  });
}

function RulesForm({ slug, kind, people, isBusy, onClose, onSubmit }: Props) {
  const [rules, setRules] = useState<string[]>([]);
  const all = useOptions(slug);
  const held = [...new Set(people.flatMap((person) => person.rules))];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(rules);
      }}
    >
      <RulePicker options={kind === "add" ? all : held} rules={rules} onChange={setRules} />
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={rules.length === 0}>
          {kind === "add" ? "Add" : "Remove"} {rules.length > 0 && plural(rules.length, "rule")}
        </Button>
      </Actions>
    </form>
  );
}

interface PickerProps {
  options: string[];
  rules: string[];
  onChange: (rules: string[]) => void;
}

function RulePicker({ options, rules, onChange }: PickerProps) {
  return (
    <Combobox.Root items={options} multiple value={rules} onValueChange={onChange}>
      <Combobox.Chips className="flex min-h-9 flex-wrap items-center gap-1.5 rounded-md border border-strong bg-panel p-1.5">
        {rules.map((rule) => (
          <Combobox.Chip
            key={rule}
            className="inline-flex h-6 items-center gap-1 rounded bg-soft pl-2 font-mono text-xs"
          >
            {rule}
            <Combobox.ChipRemove
              aria-label={`Leave out ${rule}`}
              className="flex size-6 items-center justify-center"
            >
              <X className="size-3" aria-hidden />
            </Combobox.ChipRemove>
          </Combobox.Chip>
        ))}
        <Combobox.Input
          aria-label="Servers and tools"
          placeholder={rules.length === 0 ? "Search servers and tools" : ""}
          className="h-6 min-w-32 flex-1 bg-transparent px-1.5 outline-none placeholder:text-dim"
        />
      </Combobox.Chips>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} className="z-60">
          <Combobox.Popup className="popup max-h-72 w-(--anchor-width) overflow-y-auto p-1">
            <Combobox.Empty className="px-2 py-3 text-sm text-dim empty:hidden">
              No server or tool matches.
            </Combobox.Empty>
            <Combobox.List>
              {(rule: string) => (
                <Combobox.Item
                  key={rule}
                  value={rule}
                  className="menu-item justify-between font-mono text-xs!"
                >
                  <span className="truncate">{rule}</span>
                  <Combobox.ItemIndicator>
                    <Check className="size-3.5" aria-hidden />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
