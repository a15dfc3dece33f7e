import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { HeaderRows, toHeaders, type HeaderRow } from "./header-rows.tsx";

/** A server's credentials (secret headers): names, dates and last four characters, never the values. */
export function CredentialsSection({ slug, server }: { slug: string; server: Server }) {
  const [rows, setRows] = useState<HeaderRow[]>([]);
  const save = useApiMutation({
    run: (credentials: Record<string, string | null>) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, {
        credentials,
      }),
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
          {server.credentials.map(({ name, lastFour, setAt }) => (
            <li key={name} className="flex items-center gap-3 px-4 py-2.5">
              <p className="min-w-0 flex-1">
                <code className="font-mono text-xs">{name}</code>{" "}
                <span className="font-mono text-xs text-dim">…{lastFour}</span>
                <span className="block text-xs text-dim">
                  Set <Time at={setAt} />
                </span>
              </p>
              <Button size="sm" aria-label={`Delete ${name}`} onClick={() => setDeleted(name)}>
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(filled);
        }}
      >
        <HeaderRows
          itemName="credential"
          isSecret
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
        onConfirm={() => deleted !== undefined && save.mutate({ [deleted]: null })}
      >
        <p>The stored value cannot be restored. The server might refuse calls without it.</p>
      </ConfirmDialog>
    </Section>
  );
}
