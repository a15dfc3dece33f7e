import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { readImport } from "../../../../../client-config/import/read-import.ts";
import { MAX_TEXT_LENGTH } from "../../../../../client-config/limits.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { hostingCatalogueQuery } from "../../../api/hosting.ts";
import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import { Loaded } from "../../../ui/states.tsx";
import { ApplyPlan } from "../apply/apply-plan.tsx";
import { toItems } from "./to-items.ts";

/** The text that is imported. */
interface Source {
  text: string;
  fileName: string | undefined;
}

/** A file or a pasted text, then the plan that is made of it. Nothing is sent before the plan is applied. */
export function ImportForm({ slug }: { slug: string }) {
  const [source, setSource] = useState<Source | null>(null);
  return source === null ? (
    <SourceForm onRead={setSource} />
  ) : (
    <ImportedPlan slug={slug} source={source} onBack={() => setSource(null)} />
  );
}

function SourceForm({ onRead }: { onRead: (source: Source) => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const open = async (file: File | undefined) => {
    if (!file) return;
    // UTF-8 has at most three bytes for a unit of UTF-16.
    if (file.size > 3 * MAX_TEXT_LENGTH)
      return setProblem("The file is too large: it can have 1 MiB.");
    onRead({ text: await file.text(), fileName: file.name });
  };
  return (
    <Section>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          onRead({ text, fileName: undefined });
        }}
      >
        <label className="flex flex-col gap-1.5 text-xs font-medium">
          File
          <input
            type="file"
            accept=".json,.jsonc,.toml,.yaml,.yml"
            className="text-sm font-normal file:mr-3 file:rounded-md file:border file:border-strong file:bg-panel file:px-3 file:py-1.5 file:text-sm"
            onChange={(event) => void open(event.currentTarget.files?.[0])}
          />
        </label>
        <Field label="Or its text" error={problem}>
          <textarea
            aria-label="Or its text"
            className="input h-56! py-2! font-mono text-xs!"
            value={text}
            maxLength={MAX_TEXT_LENGTH}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setText(event.currentTarget.value);
              setProblem(undefined);
            }}
          />
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" disabled={text.trim() === ""}>
            Read
          </Button>
        </div>
      </form>
    </Section>
  );
}

function ImportedPlan(props: { slug: string; source: Source; onBack: () => void }) {
  const { slug, source, onBack } = props;
  const hosting = useQuery(hostingCatalogueQuery);
  const reading = useMemo(() => readImport(source.text, source.fileName), [source]);
  const { servers, notes } = reading;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm">
          Read as: {reading.source}, {pluralize(servers.length, "server")}.
        </p>
        <Button onClick={onBack}>Read another file</Button>
      </div>
      {notes.length > 0 && (
        <Notice tone={servers.length === 0 ? "warn" : "info"}>
          <ul className="flex flex-col gap-1">
            {notes.map((note) => (
              <li key={note}>{escapeHidden(note)}</li>
            ))}
          </ul>
        </Notice>
      )}
      {servers.length > 0 && (
        <Loaded query={hosting} lines={4}>
          {({ items }) => <ApplyPlan items={toItems(servers, items)} workspace={slug} />}
        </Loaded>
      )}
    </>
  );
}
