import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useRef } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { IconButton } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { TextInput } from "../../ui/field.tsx";
import { ServerPicker } from "./server-picker.tsx";

/** A server of a collection that is edited. */
export interface ListedServer {
  name: string;
  title: string | null;
  note: string;
}

interface Props {
  servers: ListedServer[];
  onChange: (servers: ListedServer[]) => void;
}

/** Most characters of a note. */
const MAX_NOTE = 1_000;

/** The servers of a collection in their order, with a search that adds to them. */
export function ServerList({ servers, onChange }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const move = (from: number, to: number) => {
    const moved = servers[from];
    if (moved === undefined || servers[to] === undefined) return;
    onChange(servers.toSpliced(from, 1).toSpliced(to, 0, moved));
    // The button moves with its row, unless it has come to an end, where the other one goes on.
    const isEnd = to === 0 || to === servers.length - 1;
    const direction = to < from === isEnd ? "down" : "up";
    requestAnimationFrame(() =>
      list.current?.children[to]?.querySelector<HTMLElement>(`[data-move=${direction}]`)?.focus(),
    );
  };
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1.5 text-xs font-medium">Servers, in the order of the page</legend>
      {servers.length > 0 && (
        <ol ref={list} className="divide-y divide-line rounded-md border border-line">
          {servers.map((server, index) => (
            <Row
              key={server.name}
              server={server}
              isFirst={index === 0}
              isLast={index === servers.length - 1}
              onMove={(step) => move(index, index + step)}
              onRemove={() => onChange(servers.toSpliced(index, 1))}
              onNote={(note) => onChange(servers.with(index, { ...server, note }))}
            />
          ))}
        </ol>
      )}
      <ServerPicker
        label="Add a server"
        chosen={new Set(servers.map(({ name }) => name))}
        onChoose={({ name, title }) => onChange([...servers, { name, title, note: "" }])}
      />
    </fieldset>
  );
}

interface RowProps {
  server: ListedServer;
  isFirst: boolean;
  isLast: boolean;
  onMove: (step: -1 | 1) => void;
  onRemove: () => void;
  onNote: (note: string) => void;
}

function Row({ server, isFirst, isLast, onMove, onRemove, onNote }: RowProps) {
  const { name, title, note } = server;
  const shown = title ?? name;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-48">
        <p className="truncate text-sm font-medium">
          <DisplayName name={shown} />
        </p>
        <p className="truncate font-mono text-xs text-dim">{escapeLine(name)}</p>
      </div>
      <div className="order-last w-full sm:order-none sm:w-72">
        <TextInput
          aria-label={`Why ${shown} is in it`}
          placeholder="Why it is in it (optional)"
          value={note}
          maxLength={MAX_NOTE}
          onChange={(event) => onNote(event.currentTarget.value)}
        />
      </div>
      <div className="flex">
        <IconButton
          label={`Move ${shown} up`}
          data-move="up"
          disabled={isFirst}
          onClick={() => onMove(-1)}
        >
          <ArrowUp className="size-4" aria-hidden />
        </IconButton>
        <IconButton
          label={`Move ${shown} down`}
          data-move="down"
          disabled={isLast}
          onClick={() => onMove(1)}
        >
          <ArrowDown className="size-4" aria-hidden />
        </IconButton>
        <IconButton label={`Remove ${shown}`} onClick={onRemove}>
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
    </li>
  );
}
