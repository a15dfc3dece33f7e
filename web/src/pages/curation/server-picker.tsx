import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { ServerSummary } from "../../../../workers/contract/api/marketplace.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { foundServersQuery } from "../../api/curation.ts";
import { classNames } from "../../ui/class-names.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { ErrorState } from "../../ui/states.tsx";
import { GradeChip } from "../marketplace/grade-chip.tsx";

/** Time without typing after which the search begins. */
const PAUSE_MS = 180;
/** Of the API. */
const MAX_CHARS = 200;

interface Props {
  label: string;
  /** Names of servers that are chosen already. */
  chosen?: ReadonlySet<string>;
  onChoose: (server: ServerSummary) => void;
  /** Whether the field has the focus at first. */
  hasFocus?: boolean;
}

/** Searches the marketplace for a server to choose. */
export function ServerPicker({ label, chosen, onChoose, hasFocus = false }: Props) {
  const [typed, setTyped] = useState("");
  const words = usePaused(typed.trim());
  const found = useQuery(foundServersQuery(words));
  const items = words === "" ? [] : (found.data?.items ?? []);
  return (
    <div className="flex flex-col gap-2">
      <Field label={label}>
        <TextInput
          type="search"
          value={typed}
          autoFocus={hasFocus}
          autoComplete="off"
          spellCheck={false}
          maxLength={MAX_CHARS}
          placeholder="Search by name or purpose"
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            // It would send the form around it.
            if (event.key === "Enter") event.preventDefault();
          }}
        />
      </Field>
      {items.length > 0 && (
        <ul
          aria-label="Servers found"
          className={classNames(
            "divide-y divide-line overflow-hidden rounded-md border border-line",
            found.isPlaceholderData && "opacity-60",
          )}
        >
          {items.map((server) => (
            <li key={server.name}>
              <FoundServer
                server={server}
                isChosen={chosen?.has(server.name) ?? false}
                onChoose={() => onChoose(server)}
              />
            </li>
          ))}
        </ul>
      )}
      <p role="status" className="text-xs text-dim empty:hidden">
        {words !== "" && found.isSuccess && items.length === 0 && "No server has these words."}
      </p>
      {words !== "" && found.isError && (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      )}
    </div>
  );
}

function FoundServer(props: { server: ServerSummary; isChosen: boolean; onChoose: () => void }) {
  const { server, isChosen, onChoose } = props;
  return (
    <button
      type="button"
      disabled={isChosen}
      onClick={onChoose}
      className="flex w-full items-center gap-2 px-3 py-2 text-left outline-offset-[-3px] transition-colors hover:bg-soft disabled:opacity-55"
    >
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate text-sm font-medium">
          <DisplayName name={server.title ?? server.name} />
        </span>
        <span className="truncate font-mono text-xs text-dim">{escapeLine(server.name)}</span>
      </span>
      {isChosen ? <span className="text-xs text-dim">Chosen</span> : <GradeChip {...server} />}
      {!isChosen && <Plus className="size-4 shrink-0 text-dim" aria-hidden />}
    </button>
  );
}

/** A text, once it has not changed for a moment. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
