import { useState } from "react";
import {
  ALERT_KINDS,
  NewAlertChannel,
  type AlertKind,
  type ChannelKind,
} from "../../../../workers/contract/api/alerts.ts";
import { alertChannelsKey } from "../../api/alerts.ts";
import { findFieldProblem } from "../../api/api-error.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { KindChoices } from "./kind-choices.tsx";

const KINDS = [
  { value: "webhook", label: "Webhook" },
  { value: "slack", label: "Slack, by an incoming webhook" },
] as const;

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Adds a channel, and shows the signing secret of a webhook once. */
export function AddChannelDialog({ slug, isOpen, onClose }: Props) {
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    onClose();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={secret === null ? "Add a channel" : "Signing secret"}
    >
      {secret === null ? (
        <AddForm
          slug={slug}
          onClose={close}
          onAdded={(added) => (added === null ? close() : setSecret(added))}
        />
      ) : (
        <>
          <p className="mb-3 text-sm">
            Check the signature of each request with it. It is shown only now.
          </p>
          <CodeBlock contentName="signing secret" text={secret} isWrapped />
          <FormActions>
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          </FormActions>
        </>
      )}
    </Dialog>
  );
}

function AddForm({
  slug,
  onClose,
  onAdded,
}: {
  slug: string;
  onClose: () => void;
  onAdded: (secret: string | null) => void;
}) {
  const [kind, setKind] = useState<ChannelKind>("webhook");
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [kinds, setKinds] = useState<AlertKind[]>([...ALERT_KINDS]);
  const add = useApiMutation({
    run: () =>
      request(NewAlertChannel, "POST", `/workspaces/${slug}/alert-channels`, {
        kind,
        name,
        url,
        kinds,
      }),
    invalidate: [alertChannelsKey(slug)],
    fields: ["url", "name"],
    onDone: ({ secret }) => onAdded(secret),
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined);
      }}
    >
      <Field label="Kind">
        <Select value={kind} choices={KINDS} onChange={setKind} />
      </Field>
      <Field label="Name" error={findFieldProblem(add.error, "name")}>
        <TextInput value={name} required onChange={(event) => setName(event.currentTarget.value)} />
      </Field>
      <Field
        label="Address"
        hint="It is stored encrypted and never shown again."
        error={findFieldProblem(add.error, "url")}
      >
        <TextInput
          type="url"
          value={url}
          required
          spellCheck={false}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
      </Field>
      <KindChoices label="Kinds" kinds={kinds} onChange={setKinds} />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={add.isPending} disabled={!name || !url}>
          Add
        </Button>
      </FormActions>
    </form>
  );
}
