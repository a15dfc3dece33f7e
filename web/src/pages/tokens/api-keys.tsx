import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { useState } from "react";
import type { ApiKey } from "../../../../workers/contract/api/people.ts";
import { apiKeysQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "./is-active.ts";
import { RevocableRow } from "./revocable-row.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";

interface Props {
  slug: string;
  state: "active" | "inactive";
  q: string;
}

/** List of API keys for the management API. */
export function ApiKeys({ slug, state, q }: Props) {
  const keys = useQuery(apiKeysQuery(slug));
  const now = useNow(60_000);
  const [selected, setSelected] = useState<ApiKey>();
  return (
    <Section>
      <Loaded query={keys}>
        {(items) => {
          const shown = items.filter(
            (key) =>
              isActive(key, now) === (state === "active") &&
              key.label.toLowerCase().includes(q.toLowerCase()),
          );
          return shown.length === 0 ? (
            <EmptyState icon={Bot} title={q === "" ? "No API keys" : "No matching API keys"} />
          ) : (
            <ul className="divide-y divide-line">
              {shown.map((key) => (
                <RevocableRow
                  key={key.id}
                  item={key}
                  now={now}
                  prefix=""
                  badge={<Badge>{ROLE_LABELS[key.role]}</Badge>}
                >
                  {key.revokedAt === null && (
                    <Button
                      size="sm"
                      aria-label={`Revoke ${key.label}`}
                      onClick={() => setSelected(key)}
                    >
                      Revoke
                    </Button>
                  )}
                </RevocableRow>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <RevokeDialog
        item={selected}
        path={`/workspaces/${slug}/api-keys`}
        invalidate={[workspaceKey(slug, "api-keys")]}
        onClose={() => setSelected(undefined)}
      >
        Scripts that use this key stop working immediately. This cannot be undone.
      </RevokeDialog>
    </Section>
  );
}
