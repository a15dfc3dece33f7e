import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { ServerPatch } from "../../../../workers/contract/rpc/commands.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { LabelledCheckbox } from "../../ui/checkbox.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { showToast } from "../../ui/toast.ts";

const CHOICES = [
  { value: "workspace", label: "The workspace’s account" },
  { value: "sign_in", label: "Each person signs in" },
  { value: "key", label: "Each person enters a key" },
] as const;
type Choice = (typeof CHOICES)[number]["value"];

const HINTS: Record<Choice, string> = {
  workspace: "All calls use the sign-in and the credentials that an owner or admin has set.",
  sign_in:
    "The server sees who calls. The gateway lists the tools with the account of the owner or admin who connects first, and until then with that of the first person.",
  key: "For servers without OAuth. The gateway lists the tools with the key of the owner or admin who enters one first, and until then with that of the first person.",
};

/** Whose account calls of a server use. */
export function PerPersonSection({ slug, server }: { slug: string; server: Server }) {
  const before = server.perPerson;
  const beforeKind: Choice = before?.kind ?? "workspace";
  const [kind, setKind] = useState<Choice>(beforeKind);
  const [header, setHeader] = useState(before?.kind === "key" ? before.header : "authorization");
  const [template, setTemplate] = useState(
    before?.kind === "key" ? before.template : "Bearer {key}",
  );
  const [isAsked, setIsAsked] = useState(false);
  const [byCompany, setByCompany] = useState(
    before?.kind === "sign_in" && before.byCompany === true,
  );
  const perPerson = toPerPerson(kind, byCompany, { header, template });
  const parsed = ServerPatch.safeParse({ perPerson });
  const save = useApiMutation({
    run: () =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, { perPerson }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setIsAsked(false);
      showToast("Settings saved");
    },
  });
  return (
    <Section title="Whose account">
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (kind === beforeKind) save.mutate(undefined);
          else setIsAsked(true);
        }}
      >
        <Field label="Calls use" hint={HINTS[kind]}>
          <Select value={kind} choices={CHOICES} onChange={setKind} />
        </Field>
        {kind === "sign_in" && <ByCompanyField isChecked={byCompany} onChange={setByCompany} />}
        {kind === "key" && (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Header" error={findProblem(parsed, "perPerson.header")}>
              <TextInput
                value={header}
                className="font-mono"
                onChange={(event) => setHeader(event.currentTarget.value)}
              />
            </Field>
            <Field label="Value" hint="{key} is the place of the person’s key.">
              <TextInput
                value={template}
                className="font-mono"
                onChange={(event) => setTemplate(event.currentTarget.value)}
              />
            </Field>
          </div>
        )}
        <SaveButton
          isBusy={save.isPending}
          isDisabled={!parsed.success || JSON.stringify(perPerson) === JSON.stringify(before)}
        />
      </form>
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title="Change whose account calls use?"
        confirmLabel="Change"
        isBusy={save.isPending}
        onConfirm={() => save.mutate(undefined)}
      >
        <p>All accounts and keys that are connected at this server now are disconnected.</p>
      </ConfirmDialog>
    </Section>
  );
}

function toPerPerson(kind: Choice, byCompany: boolean, key: { header: string; template: string }) {
  if (kind === "workspace") return null;
  return kind === "key" ? { kind, ...key } : { kind, ...(byCompany ? { byCompany } : {}) };
}

function SaveButton({ isBusy, isDisabled }: { isBusy: boolean; isDisabled: boolean }) {
  return (
    <div className="flex justify-end">
      <Button type="submit" variant="primary" isBusy={isBusy} disabled={isDisabled}>
        Save
      </Button>
    </div>
  );
}

function ByCompanyField(props: { isChecked: boolean; onChange: (is: boolean) => void }) {
  return (
    <div className="flex flex-col gap-1">
      <LabelledCheckbox {...props}>Use the company’s sign-in</LabelledCheckbox>
      <p className="text-xs text-dim">
        A member who signs in by the company has no consent page: the company’s provider vouches for
        them (ID-JAG). The server must accept it, and needs the gateway’s client id and secret.
      </p>
    </div>
  );
}
