import { useState } from "react";
import { OauthSettings } from "../../../../workers/contract/records/oauth.ts";
import { toSignInUrl } from "../../connect/gateway-url.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { Switch } from "../../ui/switch.tsx";
import { CLIENT_CHOICES, parseHosts } from "./describe-oauth.ts";
import { SettingsForm, useSettings, type SettingsProps } from "./settings-form.tsx";

const TITLE = "Sign-in from clients";

/** Whether members can sign in from their clients, from which, and how long that lasts. */
export function OauthSection(props: SettingsProps) {
  const { slug, workspace } = props;
  const { enabled } = workspace.oauth;
  const [isAsked, setIsAsked] = useState(false);
  const save = useSettings(props);
  return (
    <>
      <Section>
        <div className="flex flex-col gap-3 p-4">
          <div className="flex items-start justify-between gap-4">
            <div>
              <h2>{TITLE}</h2>
              <p className="mt-0.5 text-dim">
                {enabled
                  ? "A client that gets this address sends its user to the browser, where the user signs in and allows it. No token is copied."
                  : "No member can sign in from a client, and clients from which people have signed in are refused. Tokens work."}
              </p>
            </div>
            <Switch
              label={TITLE}
              isOn={enabled}
              isDisabled={save.isPending}
              onChange={(isOn) =>
                isOn ? save.mutate({ oauth: { enabled: true } }) : setIsAsked(true)
              }
            />
          </div>
          {enabled && (
            <span className="inline-flex max-w-full flex-wrap items-center gap-x-1">
              <code className="min-w-0 font-mono text-xs wrap-anywhere">{toSignInUrl(slug)}</code>
              <CopyButton text={toSignInUrl(slug)} contentName="sign-in address" />
            </span>
          )}
        </div>
      </Section>
      {enabled && <ClientsForm {...props} />}
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title="Switch sign-in from clients off?"
        confirmLabel="Switch off"
        isBusy={save.isPending}
        onConfirm={() =>
          save.mutate({ oauth: { enabled: false } }, { onSuccess: () => setIsAsked(false) })
        }
      >
        <p>
          Clients from which people have signed in are refused from their next call on, until you
          switch it on again. Tokens that people made keep working.
        </p>
      </ConfirmDialog>
    </>
  );
}

function ClientsForm(props: SettingsProps) {
  const { oauth } = props.workspace;
  const [clients, setClients] = useState(oauth.clients);
  const [hostText, setHostText] = useState(oauth.hosts.join(", "));
  const [accessHours, setAccessHours] = useState(String(oauth.accessHours));
  const [idleDays, setIdleDays] = useState(String(oauth.idleDays));
  const save = useSettings(props);
  const draft = {
    clients,
    hosts: clients === "listed" ? parseHosts(hostText) : oauth.hosts,
    accessHours: Number(accessHours),
    idleDays: Number(idleDays),
  };
  const isChanged = JSON.stringify({ ...oauth, ...draft }) !== JSON.stringify(oauth);
  return (
    <SettingsForm
      title="Clients that may sign in"
      hint="Verified: the client has published its description at its own host. Other clients register themselves, and their names are not verified. Clients that you allow no longer are refused on their next call."
      patch={{ oauth: draft }}
      isChanged={isChanged}
      save={save}
    >
      <Field label="Clients">
        <Select value={clients} choices={CLIENT_CHOICES} onChange={setClients} />
      </Field>
      {clients === "listed" && (
        <Field
          label="Hosts"
          hint="Host names, separated by commas. A host does not include its subdomains."
          error={findHostProblem(draft.hosts)}
        >
          <TextInput
            value={hostText}
            spellCheck={false}
            placeholder="claude.ai, chatgpt.com"
            onChange={(event) => setHostText(event.currentTarget.value)}
          />
        </Field>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Hours that an access token is valid"
          hint="24 to 2160. Clients renew it by themselves. A revoked one is refused on the next call, whatever this is."
        >
          <TextInput
            type="number"
            min={24}
            max={2160}
            value={accessHours}
            onChange={(event) => setAccessHours(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Days without use that end a grant"
          hint="2 to 365. After so many days without a renewal, the user signs in from the client again."
        >
          <TextInput
            type="number"
            min={2}
            max={365}
            value={idleDays}
            onChange={(event) => setIdleDays(event.currentTarget.value)}
          />
        </Field>
      </div>
    </SettingsForm>
  );
}

/** What is wrong with the list of hosts, if anything is. */
function findHostProblem(hosts: string[]): string | undefined {
  const schema = OauthSettings.shape.hosts;
  const wrong = hosts.find((host) => !schema.safeParse([host]).success);
  if (wrong !== undefined) return `“${wrong}” is no host name. Use one such as claude.ai.`;
  return schema.safeParse(hosts).success ? undefined : "List at most 100 hosts.";
}
