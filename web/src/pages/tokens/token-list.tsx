import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import {
  IssuedToken,
  type Token,
  type WorkspaceToken,
} from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, membersQuery, myTokensQuery, tokensQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "./is-active.ts";
import { IssuedTokenDialog } from "./issued-token-dialog.tsx";
import { RevocableRow } from "./revocable-row.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";

interface Props {
  slug: string;
  isMine: boolean;
  state: "active" | "inactive";
  q: string;
}

/** List of the signed-in member's tokens, or of all tokens of the workspace. */
export function TokenList({ slug, isMine, state, q }: Props) {
  const mine = useQuery({ ...myTokensQuery(slug), enabled: isMine });
  const all = useQuery({ ...tokensQuery(slug), enabled: !isMine });
  const members = useQuery({ ...membersQuery(slug), enabled: !isMine });
  const now = useNow(60_000);
  const toOwnerName = (id: string | null) =>
    id === null ? "Workspace" : (members.data?.find((member) => member.id === id)?.name ?? "");
  const areKnownByOthers = all.data?.some((token) => isKnownByLeaver(token, now)) ?? false;
  return (
    <>
      {!isMine && state === "active" && areKnownByOthers && (
        <div className="mb-3">
          <Notice tone="warn">
            People who have left this workspace made some of these tokens, so they have seen their
            values and can use them. Rotate or revoke the tokens that are marked.
          </Notice>
        </div>
      )}
      <Section>
        <Loaded<ListedToken[]> query={isMine ? mine : all}>
          {(tokens) => {
            const shown = tokens
              .filter((token) => isActive(token, now) === (state === "active"))
              .filter(({ label, memberId }) =>
                `${label} ${isMine ? "" : toOwnerName(memberId)}`
                  .toLowerCase()
                  .includes(q.toLowerCase()),
              )
              .toReversed();
            return shown.length === 0 ? (
              <EmptyState icon={KeyRound} title={q === "" ? "No tokens" : "No matching tokens"}>
                {state === "active" && q === "" && (
                  <p>Create a token for each client that you connect.</p>
                )}
              </EmptyState>
            ) : (
              <Rows
                slug={slug}
                isMine={isMine}
                tokens={shown}
                toOwnerName={toOwnerName}
                now={now}
              />
            );
          }}
        </Loaded>
      </Section>
    </>
  );
}

/** Whether the token works and someone who has left the workspace has seen its value. */
function isKnownByLeaver(token: ListedToken, now: number): boolean {
  return token.creator?.hasLeft === true && isActive(token, now);
}

/** `creator` is absent from a member's own list. */
type ListedToken = Token & Partial<Pick<WorkspaceToken, "creator">>;

interface RowsProps {
  slug: string;
  isMine: boolean;
  tokens: ListedToken[];
  toOwnerName: (id: string | null) => string;
  now: number;
}

function Rows({ slug, isMine, tokens, toOwnerName, now }: RowsProps) {
  const [tokenToRevoke, setTokenToRevoke] = useState<Token>();
  const [tokenToRotate, setTokenToRotate] = useState<Token>();
  const path = `/workspaces/${slug}/${isMine ? "me/" : ""}tokens`;
  const invalidate = [workspaceKey(slug, "tokens"), workspaceKey(slug, "me")];
  const rotate = useApiMutation({
    run: ({ id }: Token) => request(IssuedToken, "POST", `${path}/${id}/rotate`, {}),
    invalidate,
    onDone: () => setTokenToRotate(undefined),
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
            badge={
              !isMine && (
                <>
                  <Badge>{toOwnerName(token.memberId)}</Badge>
                  {isKnownByLeaver(token, now) && (
                    <Badge tone="warn">
                      Made by {token.creator?.name ?? "someone"}, who has left
                    </Badge>
                  )}
                </>
              )
            }
          >
            {isActive(token, now) && (
              <div className="flex gap-2">
                <Button
                  size="sm"
                  aria-label={`Rotate ${token.label}`}
                  onClick={() => setTokenToRotate(token)}
                >
                  Rotate
                </Button>
                <Button
                  size="sm"
                  aria-label={`Revoke ${token.label}`}
                  onClick={() => setTokenToRevoke(token)}
                >
                  Revoke
                </Button>
              </div>
            )}
          </RevocableRow>
        ))}
      </ul>
      <RevokeDialog
        item={tokenToRevoke}
        path={path}
        invalidate={invalidate}
        onClose={() => setTokenToRevoke(undefined)}
      >
        Clients that use this token are refused from their next request on. This cannot be undone.
      </RevokeDialog>
      <ConfirmDialog
        isOpen={tokenToRotate !== undefined}
        onClose={() => setTokenToRotate(undefined)}
        title={`Rotate “${tokenToRotate?.label ?? ""}”?`}
        confirmLabel="Rotate"
        isBusy={rotate.isPending}
        onConfirm={() => tokenToRotate && rotate.mutate(tokenToRotate)}
      >
        <p>
          This replaces the token with a new one. Clients are refused until you update them with the
          new token.
        </p>
      </ConfirmDialog>
      <IssuedTokenDialog slug={slug} token={rotate.data?.token} onClose={() => rotate.reset()} />
    </>
  );
}
