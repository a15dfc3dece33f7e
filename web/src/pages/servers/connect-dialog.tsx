import { useState } from "react";
import {
  ConnectionStart,
  type Connection,
  type ConnectionInput,
} from "../../../../workers/contract/api/connections.ts";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { OwnAccountForm } from "./own-account-form.tsx";

const ACCOUNTS = [
  { value: "workspace", label: "One account for the workspace" },
  { value: "person", label: "An account for each person" },
  { value: "gateway", label: "An account of the gateway itself" },
] as const;
type AccountKind = (typeof ACCOUNTS)[number]["value"];

interface Props {
  slug: string;
  server: Server;
  connection: Connection;
  /** Scopes that the sign-in also asks for: the server has refused calls without them. Empty: none. */
  wanted: string[];
  onClose: () => void;
}

/** Connects a server: with a person's sign-in at the authorization server, or with an account of the gateway itself. */
export function ConnectDialog({ slug, server, connection, wanted, onClose }: Props) {
  const [account, setAccount] = useState<AccountKind>(server.perPerson ? "person" : "workspace");
  // Who has what account at a server that is connected is changed in its settings.
  const choices = ACCOUNTS.filter(
    ({ value }) => value !== "person" || connection.connectedAt === null,
  );
  const canChoose = server.perPerson === null && wanted.length === 0;
  return (
    <Dialog isOpen onClose={onClose} title={`Connect ${escapeLine(server.name)}`}>
      {canChoose && (
        <div className="mb-4">
          <Field label="Whose account">
            <Select value={account} choices={choices} onChange={setAccount} />
          </Field>
        </div>
      )}
      {account === "gateway" ? (
        <OwnAccountForm {...{ slug, server, onClose }} issuer={connection.issuer} />
      ) : (
        <SignInForm
          {...{ slug, server, connection, wanted, onClose }}
          isPerPerson={account === "person"}
        />
      )}
    </Dialog>
  );
}

/** Begins the sign-in: the browser goes to the authorization server, and comes back to the server's page. */
function SignInForm(props: Props & { isPerPerson: boolean }) {
  const { slug, server, connection, wanted, isPerPerson, onClose } = props;
  const [id, setId] = useState("");
  const [secret, setSecret] = useState("");
  const begin = useApiMutation({
    run: async (input: ConnectionInput) => {
      const path = `/workspaces/${slug}/servers/${server.slug}`;
      const perPerson = isPerPerson ? ({ kind: "sign_in" } as const) : null;
      if (isPerPerson !== (server.perPerson !== null))
        await request(CheckedServer, "PATCH", path, { perPerson });
      return request(ConnectionStart, "POST", `${path}/connection`, input);
    },
    invalidate: [],
    onDone: ({ to }) => location.assign(to),
  });
  const client = {
    id: id.trim(),
    ...(secret.trim() === "" ? {} : { secret: secret.trim() }),
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        begin.mutate({
          ...(client.id === "" ? {} : { client }),
          ...(wanted.length > 0 ? { grantsWanted: true } : {}),
        });
      }}
    >
      <div className="flex flex-col gap-4 text-sm text-dim">
        <p>
          You sign in at {escapeLine(connection.issuer ?? "the provider")} with an account whose
          rights{" "}
          {isPerPerson
            ? "your calls to the server then have, and with which the gateway lists its tools. Every other person connects an account under “Your accounts”."
            : "all calls of this workspace to the server then have."}{" "}
          The provider’s page says which rights these are.
        </p>
        {wanted.length > 0 && <WantedScopes scopes={wanted} />}
        <OwnClient {...{ id, setId, secret, setSecret }} redirectUri={connection.redirectUri} />
      </div>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={begin.isPending}>
          Go to the provider
        </Button>
      </FormActions>
    </form>
  );
}

function WantedScopes({ scopes }: { scopes: string[] }) {
  return (
    <div className="flex flex-col gap-2">
      <p>The gateway also asks for these scopes, which the server has named:</p>
      <ul className="flex max-h-40 flex-col gap-1 overflow-auto">
        {scopes.map((scope) => (
          <li key={scope} className="font-mono text-xs wrap-anywhere">
            {escapeLine(scope)}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface OwnClientProps {
  id: string;
  setId: (id: string) => void;
  secret: string;
  setSecret: (secret: string) => void;
  redirectUri: string;
}

/** For a provider that does not register clients by itself. */
function OwnClient({ id, setId, secret, setSecret, redirectUri }: OwnClientProps) {
  return (
    <details>
      <summary className="cursor-pointer">Own client id and secret</summary>
      <div className="mt-3 flex flex-col gap-4">
        <p>
          Needed only if the provider does not register clients by itself. Register the gateway
          there with this redirect address:
        </p>
        <CodeBlock text={redirectUri} contentName="redirect address" isWrapped />
        <Field label="Client id">
          <TextInput
            value={id}
            autoComplete="off"
            onChange={(event) => setId(event.currentTarget.value)}
          />
        </Field>
        <Field label="Client secret" hint="Stored encrypted. Leave it empty if there is none.">
          <SecretInput
            value={secret}
            autoComplete="off"
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        </Field>
      </div>
    </details>
  );
}
