import { FileUp, ScanSearch } from "lucide-react";
import { useId, useRef, useState, type ClipboardEvent, type DragEvent } from "react";
import { MAX_TEXT_LENGTH } from "../../../../../client-config/limits.ts";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
  type ClientId,
} from "../../../../../workers/contract/marketplace/install/clients.ts";
import { Button } from "../../../ui/button.tsx";
import { classNames } from "../../../ui/class-names.ts";
import { Field } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";

/** What a person has entered. */
export interface Draft {
  text: string;
  fileName: string | null;
  /** Null: the content says it. */
  client: ClientId | null;
  isShared: boolean;
}

interface Props {
  draft: Draft;
  isBusy: boolean;
  onChange: (draft: Draft) => void;
  onScan: (draft: Draft) => void;
}

const CLIENTS = [
  { value: "any", label: "Recognized by its content" },
  ...CLIENT_IDS.map((value) => ({ value, label: CLIENT_TRAITS[value].label })),
] as const;

/** The field for the text, which a person types, pastes or drops as a file. */
export function ScanInput({ draft, isBusy, onChange, onScan }: Props) {
  const openFile = async (file: File | undefined) => {
    if (!file) return;
    // One character too many is enough to be told that the file is too large.
    const text = await file.slice(0, 4 * MAX_TEXT_LENGTH).text();
    onScan({ ...draft, text, fileName: file.name });
  };
  return (
    <form
      className="card flex flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        onScan(draft);
      }}
    >
      <TextField
        draft={draft}
        onChange={onChange}
        onScan={onScan}
        onFile={(file) => void openFile(file)}
      />
      <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <Field label="Client" className="w-60">
          <Select
            value={draft.client ?? "any"}
            choices={CLIENTS}
            onChange={(value) => onChange({ ...draft, client: value === "any" ? null : value })}
          />
        </Field>
        <SharedSwitch
          isShared={draft.isShared}
          onChange={(isShared) => onChange({ ...draft, isShared })}
        />
        <div className="ml-auto flex gap-2">
          <FileButton onFile={(file) => void openFile(file)} />
          <Button type="submit" variant="primary" isBusy={isBusy} disabled={draft.text === ""}>
            <ScanSearch className="size-4" aria-hidden />
            Scan
          </Button>
        </div>
      </div>
    </form>
  );
}

interface TextFieldProps extends Omit<Props, "isBusy"> {
  onFile: (file: File | undefined) => void;
}

function TextField({ draft, onChange, onScan, onFile }: TextFieldProps) {
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const drop = (event: DragEvent) => {
    setIsOver(false);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    onFile(file);
  };
  const paste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const text = event.clipboardData.getData("text/plain");
    const isAll = draft.text === "" || event.currentTarget.value.length === selectedLength(event);
    if (!isAll || text === "") return;
    // The whole text: it is scanned at once. The field does not have to show a text of many megabytes.
    event.preventDefault();
    onScan({ ...draft, text, fileName: null });
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-xs font-medium">
        Configuration, or the result of tools/list
      </label>
      <textarea
        id={id}
        rows={16}
        value={draft.text}
        placeholder={'{\n  "mcpServers": { … }\n}'}
        className={classNames("input font-mono text-xs! leading-5", isOver && "bg-accent-soft")}
        // A spelling service gets what is typed, and a browser keeps what it completes.
        spellCheck={false}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        data-gramm="false"
        translate="no"
        onPaste={paste}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
        onChange={(event) => onChange({ ...draft, text: event.target.value, fileName: null })}
      />
      <p className="text-xs text-dim">
        The file of any client, in JSON, TOML or YAML, up to 1 MB. Paste it, or drop a file here.
      </p>
    </div>
  );
}

function selectedLength({ currentTarget }: ClipboardEvent<HTMLTextAreaElement>): number {
  return currentTarget.selectionEnd - currentTarget.selectionStart;
}

function SharedSwitch(props: { isShared: boolean; onChange: (isShared: boolean) => void }) {
  const { isShared, onChange } = props;
  return (
    <label className="flex h-8 items-center gap-2">
      <input
        type="checkbox"
        className="size-4 accent-accent"
        checked={isShared}
        onChange={(event) => onChange(event.target.checked)}
      />
      Others get this file, for instance in a repository
    </label>
  );
}

function FileButton({ onFile }: { onFile: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        aria-label="File to scan"
        className="sr-only"
        tabIndex={-1}
        accept=".json,.jsonc,.toml,.yaml,.yml,.txt"
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <FileUp className="size-4" aria-hidden />
        Open a file
      </Button>
    </>
  );
}
