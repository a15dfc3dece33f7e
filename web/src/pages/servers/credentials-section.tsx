import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { HeaderRows, toHeaders, type HeaderRow } from "./header-rows.tsx";

/** A server's secret headers: which there are, since when, their last four characters; never what they are. */
export function CredentialsSection({ slug, server }: { slug: string; server: Server }) {
  const [rows, setRows] = useState<HeaderRow[]>([]);
  const save = useChange({
    run: (credentials: Record<string, string | null>) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, {
        credentials,
      }),
    refresh: [keyOf(slug)],
    onDone: () => {
      setRows([]);
      setDeleted(undefined);
      announce("Credentials saved");
    },
  });
  const [deleted, setDeleted] = useState<string>();
  const filled = toHeaders(rows);
  return (
    <Section
      title="Credentials"
      hint="Stored encrypted and sent only to this URL’s origin. Nobody can read them back."
    >
      {server.credentials.length > 0 && (
        <ul className="divide-y divide-line border-b border-line">
          {server.credentials.map(({ name, lastFour, setAt }) => (
            <li key={name} className="flex items-center gap-3 px-4 py-2.5">
              <p className="min-w-0 flex-1">
                <code className="font-mono text-xs">{name}</code>{" "}
                <span className="font-mono text-xs text-dim">…{lastFour}</span>
                <span className="block text-xs text-dim">
                  set <Time at={setAt} />
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
          what="credential"
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
        verb="Delete"
        isBusy={save.isPending}
        onConfirm={() => deleted !== undefined && save.mutate({ [deleted]: null })}
      >
        <p>The stored value cannot be brought back. The server may refuse calls without it.</p>
      </ConfirmDialog>
    </Section>
  );
}
