import { FileCheck, FileUp } from "lucide-react";
import { useId, useRef, useState } from "react";
import { MAX_TEXT_LENGTH } from "../../../../../client-config/limits.ts";
import { Button } from "../../../ui/button.tsx";
import { classNames } from "../../../ui/class-names.ts";

interface Props {
  text: string;
  isBusy: boolean;
  onText: (text: string) => void;
  onCheck: (text: string, fileName: string | null) => void;
}

/** The field for a configuration, which a person types, pastes or drops as a file. */
export function CheckForm({ text, isBusy, onText, onCheck }: Props) {
  const [isOver, setIsOver] = useState(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const openFile = async (file: File | undefined) => {
    if (!file) return;
    // Some characters too many are enough to be told that the file is too large.
    onCheck(await file.slice(0, 4 * MAX_TEXT_LENGTH).text(), file.name);
  };
  return (
    <form
      className={classNames(
        "card flex flex-col gap-3 p-4",
        isOver && "border-accent bg-accent-soft",
      )}
      onSubmit={(event) => {
        event.preventDefault();
        onCheck(text, null);
      }}
    >
      <label htmlFor={id} className="text-xs font-medium">
        Configuration
      </label>
      <textarea
        id={id}
        rows={14}
        value={text}
        placeholder={'{\n  "mcpServers": { … }\n}'}
        className="input font-mono text-xs! leading-5"
        spellCheck={false}
        autoComplete="off"
        translate="no"
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          void openFile(event.dataTransfer.files[0]);
        }}
        onChange={(event) => onText(event.target.value)}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-xs text-dim">
          The file of any client, in JSON, TOML or YAML, or a server.json, up to 1 MiB. Paste it, or
          drop it here.
        </p>
        <div className="flex gap-2">
          <input
            ref={input}
            type="file"
            aria-label="File to check"
            className="sr-only"
            tabIndex={-1}
            accept=".json,.jsonc,.toml,.yaml,.yml,.txt"
            onChange={(event) => {
              void openFile(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
          <Button onClick={() => input.current?.click()}>
            <FileUp className="size-4" aria-hidden />
            Open a file
          </Button>
          <Button type="submit" variant="primary" isBusy={isBusy} disabled={text === ""}>
            <FileCheck className="size-4" aria-hidden />
            Check
          </Button>
        </div>
      </div>
    </form>
  );
}
