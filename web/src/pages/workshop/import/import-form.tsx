import { Suspense, useState } from "react";
import { MAX_TEXT_LENGTH, TOO_LARGE } from "../../../../../client-config/limits.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { LoadingState } from "../../../ui/states.tsx";
import type { Source } from "./imported-plan.tsx";

/** With the parsers of all formats. */
const ImportedPlan = lazyComponent(() => import("./imported-plan.tsx"), "ImportedPlan");

/** A file or a pasted text, then the plan that is made of it. Nothing is sent before the plan is applied. */
export function ImportForm({ slug }: { slug: string }) {
  const [source, setSource] = useState<Source | null>(null);
  return source === null ? (
    <SourceForm onRead={setSource} />
  ) : (
    <Suspense fallback={<LoadingState lines={4} />}>
      <ImportedPlan slug={slug} source={source} onBack={() => setSource(null)} />
    </Suspense>
  );
}

function SourceForm({ onRead }: { onRead: (source: Source) => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const read = (content: string, fileName: string | undefined) => {
    if (content.length > MAX_TEXT_LENGTH) return setProblem(TOO_LARGE);
    onRead({ text: content, fileName });
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    // UTF-8 has at most three bytes for a unit of UTF-16.
    if (file.size > 3 * MAX_TEXT_LENGTH) return setProblem(TOO_LARGE);
    read(await file.text(), file.name);
  };
  return (
    <Section>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          read(text, undefined);
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
