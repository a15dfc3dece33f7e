import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { useState } from "react";
import type { ApiKey } from "../../../../workers/contract/people.ts";
import { requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { apiKeysQuery, keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isLive } from "./live.ts";

interface Props {
  slug: string;
  state: "live" | "dead";
  q: string;
}

/** Keys for the management API. */
export function ApiKeys({ slug, state, q }: Props) {
  const keys = useQuery(apiKeysQuery(slug));
  const now = useNow(60_000);
  const [revoked, setRevoked] = useState<ApiKey>();
  const revoke = useChange({
    run: ({ id }: ApiKey) => requestNothing("DELETE", `/workspaces/${slug}/api-keys/${id}`),
    refresh: [keyOf(slug, "api-keys")],
    onDone: (_, { label }) => {
      setRevoked(undefined);
      announce(`“${label}” revoked`);
    },
  });
  return (
    <Section>
      <Loaded query={keys}>
        {(items) => {
          const shown = items.filter(
            (key) =>
              isLive(key, now) === (state === "live") &&
              key.label.toLowerCase().includes(q.toLowerCase()),
          );
          return shown.length === 0 ? (
            <EmptyState icon={Bot} title="No API keys here" />
          ) : (
            <ul className="divide-y divide-line">
              {shown.map((key) => (
                <Row key={key.id} apiKey={key} onRevoke={() => setRevoked(key)} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <ConfirmDialog
        isOpen={revoked !== undefined}
        onClose={() => setRevoked(undefined)}
        title={`Revoke “${revoked?.label ?? ""}”?`}
        verb="Revoke"
        isBusy={revoke.isPending}
        onConfirm={() => revoked && revoke.mutate(revoked)}
      >
        <p>Scripts that use it are refused from now on. This cannot be undone.</p>
      </ConfirmDialog>
    </Section>
  );
}

function Row({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const { label, role, lastFour, lastUsedAt, expiresAt, revokedAt } = apiKey;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">{label}</span>
          <code className="font-mono text-xs text-dim">…{lastFour}</code>
          <Badge>{role}</Badge>
          {revokedAt !== null && <Badge tone="bad">revoked</Badge>}
        </p>
        <p className="text-xs text-dim">
          {lastUsedAt === null ? (
            "Never used"
          ) : (
            <>
              Used <Time at={lastUsedAt} />
            </>
          )}
          {" · "}
          {expiresAt === null ? (
            "does not expire"
          ) : (
            <>
              expires <Time at={expiresAt} />
            </>
          )}
        </p>
      </div>
      {revokedAt === null && (
        <Button size="sm" aria-label={`Revoke ${label}`} onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
}
