import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { useState } from "react";
import type { ApiKey } from "../../../../workers/contract/api/people.ts";
import { apiKeysQuery, keyOf } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isLive } from "./live.ts";
import { RevocableRow } from "./revocable-row.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";

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
                <RevocableRow
                  key={key.id}
                  item={key}
                  now={now}
                  prefix=""
                  badge={<Badge>{key.role}</Badge>}
                >
                  {key.revokedAt === null && (
                    <Button
                      size="sm"
                      aria-label={`Revoke ${key.label}`}
                      onClick={() => setRevoked(key)}
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
        item={revoked}
        path={`/workspaces/${slug}/api-keys`}
        refresh={[keyOf(slug, "api-keys")]}
        onClose={() => setRevoked(undefined)}
      >
        Scripts that use it are refused from now on. This cannot be undone.
      </RevokeDialog>
    </Section>
  );
}
