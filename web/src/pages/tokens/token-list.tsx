import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { IssuedToken, type Token } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf, membersQuery, ownTokensQuery, tokensQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isLive } from "./live.ts";
import { RevocableRow } from "./revocable-row.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { SecretDialog } from "./secret-dialog.tsx";

interface Props {
  slug: string;
  isOwn: boolean;
  state: "live" | "dead";
  q: string;
}

/** One's own tokens, or all of the workspace. */
export function TokenList({ slug, isOwn, state, q }: Props) {
  const own = useQuery({ ...ownTokensQuery(slug), enabled: isOwn });
  const all = useQuery({ ...tokensQuery(slug), enabled: !isOwn });
  const members = useQuery({ ...membersQuery(slug), enabled: !isOwn });
  const now = useNow(60_000);
  const nameOf = (id: string | null) =>
    id === null ? "The workspace" : (members.data?.find((member) => member.id === id)?.name ?? "");
  return (
    <Section>
      <Loaded query={isOwn ? own : all}>
        {(tokens) => {
          const shown = tokens
            .filter((token) => isLive(token, now) === (state === "live"))
            .filter(({ label, memberId }) =>
              `${label} ${isOwn ? "" : nameOf(memberId)}`.toLowerCase().includes(q.toLowerCase()),
            )
            .toReversed();
          return shown.length === 0 ? (
            <EmptyState icon={KeyRound} title={q === "" ? "No tokens here" : "No token matches"}>
              {state === "live" && q === "" && <p>Create one for each client that you connect.</p>}
            </EmptyState>
          ) : (
            <Rows slug={slug} isOwn={isOwn} tokens={shown} nameOf={nameOf} now={now} />
          );
        }}
      </Loaded>
    </Section>
  );
}

interface RowsProps {
  slug: string;
  isOwn: boolean;
  tokens: Token[];
  nameOf: (id: string | null) => string;
  now: number;
}

function Rows({ slug, isOwn, tokens, nameOf, now }: RowsProps) {
  const [revoked, setRevoked] = useState<Token>();
  const [rotated, setRotated] = useState<Token>();
  const path = `/workspaces/${slug}/${isOwn ? "me/" : ""}tokens`;
  const refresh = [keyOf(slug, "tokens"), keyOf(slug, "me")];
  const rotate = useChange({
    run: ({ id }: Token) => request(IssuedToken, "POST", `${path}/${id}/rotate`, {}),
    refresh,
    onDone: () => setRotated(undefined),
  });
  return (
    <>
      <ul className="divide-y divide-line">
        {tokens.map((token) => (
          <RevocableRow
            key={token.id}
            item={token}
            now={now}
            prefix="mng_"
            badge={!isOwn && <Badge>{nameOf(token.memberId)}</Badge>}
          >
            {isLive(token, now) && (
              <div className="flex gap-2">
                <Button
                  size="sm"
                  aria-label={`Rotate ${token.label}`}
                  onClick={() => setRotated(token)}
                >
                  Rotate
                </Button>
                <Button
                  size="sm"
                  aria-label={`Revoke ${token.label}`}
                  onClick={() => setRevoked(token)}
                >
                  Revoke
                </Button>
              </div>
            )}
          </RevocableRow>
        ))}
      </ul>
      <RevokeDialog
        item={revoked}
        path={path}
        refresh={refresh}
        onClose={() => setRevoked(undefined)}
      >
        Clients that use it are refused from their next request on. This cannot be undone.
      </RevokeDialog>
      <ConfirmDialog
        isOpen={rotated !== undefined}
        onClose={() => setRotated(undefined)}
        title={`Rotate “${rotated?.label ?? ""}”?`}
        verb="Rotate"
        isBusy={rotate.isPending}
        onConfirm={() => rotated && rotate.mutate(rotated)}
      >
        <p>You get a new token. Clients that use the old one are refused until they have it.</p>
      </ConfirmDialog>
      <SecretDialog slug={slug} token={rotate.data?.token} onClose={() => rotate.reset()} />
    </>
  );
}
