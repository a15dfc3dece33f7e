import { Combobox } from "@base-ui/react/combobox";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { serversQuery, serverToolsQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";

interface Props {
  slug: string;
  kind: "add" | "remove";
  isOpen: boolean;
  members: WorkspaceMember[];
  isBusy: boolean;
  onClose: () => void;
  onSubmit: (rules: string[]) => void;
}

/** Dialog to select rules to add to members or remove from them. */
export function RulesDialog(props: Props) {
  const { kind, isOpen, members, onClose } = props;
  const target =
    members.length === 1 ? (members[0]?.name ?? "") : pluralize(members.length, "member");
  const addsFirstRule = kind === "add" && members.some(({ rules }) => rules.length === 0);
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={kind === "add" ? `Add rules for ${target}` : `Remove rules from ${target}`}
      {...(addsFirstRule
        ? {
            description:
              members.length === 1
                ? "This member has no rules yet. After this, they can call only the tools that their rules allow."
                : "Some members have no rules yet. After this, they can call only the tools that their rules allow.",
          }
        : {})}
    >
      {isOpen && <RulesForm {...props} />}
    </Dialog>
  );
}

/** All rules that can be added: one for each server and one for each tool. */
function useAllRules(slug: string): string[] {
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

function RulesForm({ slug, kind, members, isBusy, onClose, onSubmit }: Props) {
  const [rules, setRules] = useState<string[]>([]);
  const all = useAllRules(slug);
  const existing = [...new Set(members.flatMap((member) => member.rules))];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(rules);
      }}
    >
      <RulePicker options={kind === "add" ? all : existing} rules={rules} onChange={setRules} />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={rules.length === 0}>
          {kind === "add" ? "Add" : "Remove"} {rules.length > 0 && pluralize(rules.length, "rule")}
        </Button>
      </FormActions>
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
            {escapeLine(rule)}
            <Combobox.ChipRemove
              aria-label={`Deselect ${escapeLine(rule)}`}
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
              No matching servers or tools.
            </Combobox.Empty>
            <Combobox.List>
              {(rule: string) => (
                <Combobox.Item
                  key={rule}
                  value={rule}
                  className="menu-item justify-between font-mono text-xs!"
                >
                  <span className="truncate">{escapeLine(rule)}</span>
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
