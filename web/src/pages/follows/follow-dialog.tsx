import { useState } from "react";
import { FollowedRegistry } from "../../../../workers/contract/api/followed-registries.ts";
import { followsKey } from "../../api/follows.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
}

/** The form that follows a registry. */
export function FollowDialog(props: Props) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title="Follow a registry">
      <Form {...props} />
    </Dialog>
  );
}

function Form({ slug, onClose }: Props) {
  const [url, setUrl] = useState("");
  const [pattern, setPattern] = useState("");
  const [token, setToken] = useState("");
  const follow = useApiMutation({
    run: () =>
      request(FollowedRegistry, "POST", `/workspaces/${slug}/followed-registries`, {
        url: url.trim(),
        pattern: pattern.trim(),
        ...(token.trim() === "" ? {} : { token: token.trim() }),
      }),
    invalidate: [followsKey(slug)],
    onDone: onClose,
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        follow.mutate();
      }}
    >
      <Field
        label="Address"
        hint="Of a registry that speaks the official registry’s API, such as the registry of a workspace of another gateway."
      >
        <TextInput
          type="url"
          required
          value={url}
          placeholder="https://registry.example.com"
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
      </Field>
      <Field label="Names" hint="A namespace and a name. * matches any characters but a slash.">
        <TextInput
          required
          value={pattern}
          placeholder="com.example.*/*"
          onChange={(event) => setPattern(event.currentTarget.value)}
        />
      </Field>
      <Field label="Token" hint="If the registry needs one. It is stored encrypted.">
        <SecretInput value={token} onChange={(event) => setToken(event.currentTarget.value)} />
      </Field>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={follow.isPending}>
          Read and show the plan
        </Button>
      </FormActions>
    </form>
  );
}
