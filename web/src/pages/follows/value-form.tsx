import { useState } from "react";
import { FollowedRegistry } from "../../../../workers/contract/api/followed-registries.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { followsKey } from "../../api/follows.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";

/** The values of headers and variables that the follow sends, and the form that sets one. */
export function ValueForm({ slug, follow }: { slug: string; follow: FollowedRegistry }) {
  const [place, setPlace] = useState("");
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const save = useApiMutation({
    run: (given: { for: string; name: string; value: string | null }) =>
      request(FollowedRegistry, "PATCH", `/workspaces/${slug}/followed-registries/${follow.id}`, {
        values: [given],
      }),
    invalidate: [followsKey(slug)],
    onDone: () => setValue(""),
  });
  return (
    <details className="border-t border-line px-4 py-3">
      <summary>Values that entries ask for ({follow.values.length})</summary>
      <ul className="mt-3 flex flex-col gap-2">
        {follow.values.map((one) => (
          <li key={`${one.for} ${one.name}`} className="flex items-center gap-2 wrap-anywhere">
            <span className="min-w-0 flex-1">
              {escapeLine(one.name)} for {escapeLine(one.for)}
            </span>
            <Button
              size="sm"
              aria-label={`Remove the value of ${one.name} for ${one.for}`}
              onClick={() => save.mutate({ for: one.for, name: one.name, value: null })}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="mt-3 grid gap-3 sm:grid-cols-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ for: place.trim(), name: name.trim(), value });
        }}
      >
        <Field label="Sent to" hint="https://host of the server, or npm:package">
          <TextInput
            required
            value={place}
            onChange={(event) => setPlace(event.currentTarget.value)}
          />
        </Field>
        <Field label="Header or variable">
          <TextInput
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field label="Value" hint="All of a header’s value. It is stored encrypted.">
          <SecretInput
            required
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        </Field>
        <Button type="submit" className="self-start" isBusy={save.isPending}>
          Set value
        </Button>
      </form>
    </details>
  );
}
