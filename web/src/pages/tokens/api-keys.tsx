import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { useState } from "react";
import type { ApiKey } from "../../../../workers/contract/api/people.ts";
import { apiKeysQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { End, Instant } from "./instant.tsx";
import { isActive } from "./is-active.ts";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { TokenName } from "./token-name.tsx";

interface Props {
  slug: string;
  state: "active" | "inactive";
  q: string;
  canManage: boolean;
}

const COLUMNS: DataColumn<ApiKey>[] = [
  {
    key: "label",
    header: "Label",
    width: "minmax(12rem,2fr)",
    sortBy: ({ label }) => label,
    cell: (key) => <TokenName item={key} prefix="" />,
    onCard: true,
  },
  {
    key: "role",
    header: "Role",
    width: "6rem",
    sortBy: ({ role }) => role,
    cell: ({ role }) => ROLE_LABELS[role],
    onCard: true,
  },
  {
    key: "used",
    header: "Last used",
    width: "8rem",
    sortBy: ({ lastUsedAt }) => lastUsedAt,
    cell: ({ lastUsedAt }) => <Instant at={lastUsedAt} none="Never" />,
    onCard: true,
  },
  {
    key: "created",
    header: "Created",
    width: "8rem",
    sortBy: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <Instant at={createdAt} none="" />,
    fromPx: 760,
  },
  {
    key: "expires",
    header: "Expires",
    width: "8rem",
    sortBy: ({ expiresAt }) => expiresAt,
    cell: ({ expiresAt }) => <End at={expiresAt} none="Never" />,
  },
];

/** Table of API keys for the management API. */
export function ApiKeys({ slug, state, q, canManage }: Props) {
  const keys = useQuery(apiKeysQuery(slug));
  const now = useNow(60_000);
  const [sort, setSort] = useState<string | undefined>("label");
  const [selected, setSelected] = useState<ApiKey>();
  return (
    <section className="card">
      <Loaded query={keys}>
        {(items) => (
          <DataTable
            label="API keys"
            rows={items.filter(
              (key) =>
                isActive(key, now) === (state === "active") &&
                key.label.toLowerCase().includes(q.toLowerCase()),
            )}
            columns={COLUMNS}
            getId={({ id }) => id}
            getName={({ label }) => label}
            sort={sort}
            onSort={setSort}
            renderMenu={(key) =>
              canManage &&
              key.revokedAt === null && (
                <Button
                  size="sm"
                  aria-label={`Revoke ${key.label}`}
                  onClick={() => setSelected(key)}
                >
                  Revoke
                </Button>
              )
            }
            menuWidth="4.5rem"
            empty={
              <EmptyState icon={Bot} title={q === "" ? "No API keys" : "No matching API keys"} />
            }
          />
        )}
      </Loaded>
      <RevokeDialog
        item={selected}
        path={`/workspaces/${slug}/api-keys`}
        invalidate={[workspaceKey(slug, "api-keys")]}
        onClose={() => setSelected(undefined)}
      >
        Scripts that use this key stop working immediately. This cannot be undone.
      </RevokeDialog>
    </section>
  );
}
