import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { useState } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { useShellSlug } from "../use-shell-slug.ts";
import type { Entry } from "./entry.ts";
import { rankEntries } from "./rank-entries.ts";
import { useEntries } from "./use-entries.ts";

/** More are not read: another letter finds the rest. */
const MAX_SHOWN = 40;
/** Kinds that are shown before anything is typed. */
const STARTING_KINDS = ["Pages", "Actions", "Workspaces"];

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** Command palette: finds pages, actions, servers, tools, people, tokens and workspaces, and opens or runs them. */
export function Palette({ isOpen, onOpenChange }: Props) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="popup fixed top-4 left-1/2 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-xl sm:top-[12vh] sm:max-h-[70vh]">
          <Dialog.Title className="sr-only">Search</Dialog.Title>
          <Finder onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Finder({ onDone }: { onDone: () => void }) {
  const [query, setQuery] = useState("");
  const entries = useEntries(useShellSlug());
  const groups = toGroups(entries, query);
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  return (
    <Autocomplete.Root
      inline
      open
      mode="none"
      autoHighlight="always"
      keepHighlight
      items={groups}
      value={query}
      onValueChange={(value, { reason }) => {
        // An entry that is chosen does not become the text.
        if (reason !== "item-press") setQuery(value);
      }}
      itemToStringValue={({ label }: Entry) => label}
    >
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search className="size-4 shrink-0 text-dim" aria-hidden />
        <Autocomplete.Input
          aria-label="Search"
          placeholder="Search pages, servers, tools, people…"
          className="h-12 min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-dim"
        />
      </div>
      <Autocomplete.Status className="sr-only">{pluralize(count, "result")}</Autocomplete.Status>
      <Autocomplete.List aria-label="Results" className="overflow-y-auto overscroll-contain p-1.5">
        {(group: Group) => (
          <Autocomplete.Group key={group.kind} items={group.items}>
            <Autocomplete.GroupLabel className="px-2 pt-2 pb-1 text-xs text-dim">
              {group.kind}
            </Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(entry: Entry) => <Row key={entry.id} entry={entry} onDone={onDone} />}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      {count === 0 && (
        <p className="px-4 pb-6 text-center text-dim">
          Nothing is found for “{escapeLine(query)}”.
        </p>
      )}
    </Autocomplete.Root>
  );
}

function Row({ entry, onDone }: { entry: Entry; onDone: () => void }) {
  const { label, detail, icon: Icon, run } = entry;
  return (
    <Autocomplete.Item
      value={entry}
      className="menu-item"
      onClick={() => {
        onDone();
        run();
      }}
    >
      <Icon className="size-4 shrink-0 text-dim" aria-hidden />
      <bdi className="max-w-[70%] truncate">{escapeLine(label)}</bdi>
      <bdi className="ml-auto min-w-0 truncate text-xs text-dim">{escapeLine(detail)}</bdi>
    </Autocomplete.Item>
  );
}

interface Group {
  kind: string;
  items: Entry[];
}

/** The entries of a query by kind, the kind of the best one first. */
function toGroups(entries: Entry[], query: string): Group[] {
  const shown =
    query.trim() === ""
      ? entries.filter(({ kind }) => STARTING_KINDS.includes(kind))
      : rankEntries(entries, query, MAX_SHOWN);
  const kinds = [...new Set(shown.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, items: shown.filter((entry) => entry.kind === kind) }));
}
