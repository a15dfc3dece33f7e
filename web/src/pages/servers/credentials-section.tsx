import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import type { ServerPatch } from "../../../../workers/contract/rpc/commands.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { HeaderRows, toExpiries, toHeaders, type HeaderRow } from "./header-rows.tsx";

/** A server's credentials (secret headers): names, dates and last four characters, never the values. */
export function CredentialsSection({ slug, server }: { slug: string; server: Server }) {
  const [rows, setRows] = useState<HeaderRow[]>([]);
  const save = useApiMutation({
    run: (patch: Pick<ServerPatch, "credentials" | "credentialsExpireAt">) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, patch),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setRows([]);
      setDeleted(undefined);
      showToast("Credentials saved");
    },
  });
  const [deleted, setDeleted] = useState<string>();
  const filled = toHeaders(rows);
  return (
    <Section
      title="Credentials"
      hint="Secret request headers. They are stored encrypted, sent only to this URL’s origin, and cannot be viewed again."
    >
      {server.credentials.length > 0 && (
        <ul className="divide-y divide-line border-b border-line">
          {server.credentials.map((credential) => (
            <CredentialRow
              key={credential.name}
              credential={credential}
              onDelete={() => setDeleted(credential.name)}
              onExpiry={(at) => save.mutate({ credentialsExpireAt: { [credential.name]: at } })}
            />
          ))}
        </ul>
      )}
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ credentials: filled, credentialsExpireAt: toExpiries(rows) });
        }}
      >
        <HeaderRows
          itemName="credential"
          isSecret
          hasExpiry
          rows={rows}
          onChange={setRows}
          namePlaceholder="Authorization"
          valuePlaceholder="Bearer …"
        />
        {rows.length > 0 && (
          <div className="flex justify-end">
            <Button
              type="submit"
              variant="primary"
              isBusy={save.isPending}
              disabled={Object.keys(filled).length === 0}
            >
              Save credentials
            </Button>
          </div>
        )}
      </form>
      <ConfirmDialog
        isOpen={deleted !== undefined}
        onClose={() => setDeleted(undefined)}
        title={`Delete ${deleted ?? ""}?`}
        confirmLabel="Delete"
        isBusy={save.isPending}
        onConfirm={() => deleted !== undefined && save.mutate({ credentials: { [deleted]: null } })}
      >
        <p>The stored value cannot be restored. The server might refuse calls without it.</p>
      </ConfirmDialog>
    </Section>
  );
}

function CredentialRow(props: {
  credential: Server["credentials"][number];
  onDelete: () => void;
  onExpiry: (expiresAt: number | null) => void;
}) {
  const { name, lastFour, setAt, setBy, expiresAt } = props.credential;
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-2.5">
      <p className="min-w-0 flex-1">
        <code className="font-mono text-xs">{name}</code>{" "}
        <span className="font-mono text-xs text-dim">…{lastFour}</span>
        <span className="block text-xs text-dim">
          Set <Time at={setAt} />
          {setBy?.name && ` by ${escapeLine(setBy.name)}${setBy.hasLeft ? " (removed)" : ""}`}
        </span>
      </p>
      {/* A saved day, or a new value, which expires on none, replaces what was entered before. */}
      <ExpiryInput key={expiresAt} name={name} expiresAt={expiresAt} onChange={props.onExpiry} />
      <Button size="sm" aria-label={`Delete ${name}`} onClick={props.onDelete}>
        Delete
      </Button>
    </li>
  );
}

/**
 * The day on which a credential expires, as the server's provider says. The gateway does not know it by itself; the
 * overview shows it before that day. It is saved when the field loses the focus, because a day is typed in parts.
 */
function ExpiryInput(props: {
  name: string;
  expiresAt: number | null;
  onChange: (expiresAt: number | null) => void;
}) {
  const { name, expiresAt, onChange } = props;
  const saved = expiresAt === null ? "" : new Date(expiresAt).toISOString().slice(0, 10);
  const [value, setValue] = useState(saved);
  return (
    <label className="flex items-center gap-2 text-xs text-dim">
      Expires
      <input
        type="date"
        className="input w-36! text-xs!"
        aria-label={`Day on which ${name} expires`}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        onBlur={() => {
          if (value !== saved) onChange(value === "" ? null : Date.parse(value));
        }}
      />
    </label>
  );
}
