import { useState } from "react";
import { fetchDocument } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Button } from "../../../ui/button.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { DocumentForm } from "./document-form.tsx";

const WAYS = [
  { value: "paste", label: "Paste" },
  { value: "form", label: "Write with a form" },
  { value: "repository", label: "From a repository" },
] as const;
type Way = (typeof WAYS)[number]["value"];

interface Props {
  text: string;
  onChange: (text: string) => void;
}

/** The server.json: pasted, written with a form, or taken from a repository. */
export function DocumentSection({ text, onChange }: Props) {
  const [way, setWay] = useState<Way>("paste");
  return (
    <Section title="The server">
      <div className="flex flex-col gap-4 p-4">
        <Tabs label="Where the file is from" value={way} onChange={setWay} tabs={WAYS}>
          {way === "form" && (
            <DocumentForm
              onWrite={(written) => {
                onChange(written);
                setWay("paste");
              }}
            />
          )}
          {way === "repository" && (
            <Repository
              onFetch={(fetched) => {
                onChange(fetched);
                setWay("paste");
              }}
            />
          )}
          {way === "paste" && (
            <Field label="server.json" hint="Nothing is sent before you publish.">
              <textarea
                className="input min-h-64 font-mono text-xs leading-5"
                aria-label="server.json"
                spellCheck={false}
                value={text}
                onChange={(event) => onChange(event.target.value)}
              />
            </Field>
          )}
        </Tabs>
      </div>
    </Section>
  );
}

function Repository({ onFetch }: { onFetch: (text: string) => void }) {
  const [url, setUrl] = useState("");
  const fetching = useApiMutation({
    run: fetchDocument,
    invalidate: [],
    onDone: ({ text }) => onFetch(text),
  });
  return (
    <form
      className="flex flex-col items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        fetching.mutate(url.trim());
      }}
    >
      <Field
        label="Repository"
        className="w-full"
        hint="A public repository on GitHub, a folder in it, or its server.json"
      >
        <TextInput
          value={url}
          required
          placeholder="https://github.com/owner/repository"
          onChange={(event) => setUrl(event.target.value)}
        />
      </Field>
      <Button type="submit" isBusy={fetching.isPending}>
        Fetch server.json
      </Button>
    </form>
  );
}
