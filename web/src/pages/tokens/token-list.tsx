import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { IssuedToken, type Token } from "../../../../workers/contract/api.ts";
import { request, requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf, membersQuery, ownTokensQuery, tokensQuery } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isLive } from "./live.ts";
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
            <Rows slug={slug} isOwn={isOwn} tokens={shown} nameOf={nameOf} />
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
}

function Rows({ slug, isOwn, tokens, nameOf }: RowsProps) {
  const [revoked, setRevoked] = useState<Token>();
  const [rotated, setRotated] = useState<Token>();
  const path = `/workspaces/${slug}/${isOwn ? "me/" : ""}tokens`;
  const refresh = [keyOf(slug, "tokens"), keyOf(slug, "me")];
  const revoke = useChange({
    run: ({ id }: Token) => requestNothing("DELETE", `${path}/${id}`),
    refresh,
    onDone: (_, { label }) => {
      setRevoked(undefined);
      announce(`“${label}” revoked`);
    },
  });
  const rotate = useChange({
    run: ({ id }: Token) => request(IssuedToken, "POST", `${path}/${id}/rotate`, {}),
    refresh,
    onDone: () => setRotated(undefined),
  });
  return (
    <>
      <ul className="divide-y divide-line">
        {tokens.map((token) => (
          <Row
            key={token.id}
            token={token}
            owner={isOwn ? null : nameOf(token.memberId)}
            onRotate={() => setRotated(token)}
            onRevoke={() => setRevoked(token)}
          />
        ))}
      </ul>
      <ConfirmDialog
        isOpen={revoked !== undefined}
        onClose={() => setRevoked(undefined)}
        title={`Revoke “${revoked?.label ?? ""}”?`}
        verb="Revoke"
        isBusy={revoke.isPending}
        onConfirm={() => revoked && revoke.mutate(revoked)}
      >
        <p>Clients that use it are refused from their next request on. This cannot be undone.</p>
      </ConfirmDialog>
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

interface RowProps {
  token: Token;
  /** Whose it is; null: not worth saying. */
  owner: string | null;
  onRotate: () => void;
  onRevoke: () => void;
}

function Row({ token, owner, onRotate, onRevoke }: RowProps) {
  const now = useNow(60_000);
  const { label, lastFour, lastUsedAt, expiresAt, revokedAt } = token;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">{label}</span>
          <code className="font-mono text-xs text-dim">mng_…{lastFour}</code>
          {owner !== null && <Badge>{owner}</Badge>}
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
              {expiresAt > now ? "expires" : "expired"} <Time at={expiresAt} />
            </>
          )}
        </p>
      </div>
      {isLive(token, now) && (
        <div className="flex gap-2">
          <Button size="sm" aria-label={`Rotate ${label}`} onClick={onRotate}>
            Rotate
          </Button>
          <Button size="sm" aria-label={`Revoke ${label}`} onClick={onRevoke}>
            Revoke
          </Button>
        </div>
      )}
    </li>
  );
}
