import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { Suspense, useState, type ReactNode } from "react";
import { IssuedToken } from "../../../../workers/contract/api/resources.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, membersQuery, myTokensQuery, tokensQuery } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Notice } from "../../ui/notice.tsx";
import { BulkActions, toMenuItems } from "../../ui/row-actions.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "./is-active.ts";
import { listTokenActions, type TokenAction } from "./token-actions.ts";
import { isKnownByLeaver, makeTokenColumns, type ListedToken } from "./token-columns.tsx";

const IssuedTokenDialog = lazyComponent(
  () => import("./issued-token-dialog.tsx"),
  "IssuedTokenDialog",
);
const TokenActionDialog = lazyComponent(
  () => import("./token-action-dialog.tsx"),
  "TokenActionDialog",
);

const TokenToolsDialog = lazyComponent(
  () => import("./token-tools-dialog.tsx"),
  "TokenToolsDialog",
);

interface Props {
  slug: string;
  isMine: boolean;
  state: "active" | "inactive";
  q: string;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

/** Table of the signed-in member's tokens, or of all tokens of the workspace. */
export function TokenList({ slug, isMine, state, q, sort, onSort }: Props) {
  const mine = useQuery({ ...myTokensQuery(slug), enabled: isMine });
  const all = useQuery({ ...tokensQuery(slug), enabled: !isMine });
  const members = useQuery({ ...membersQuery(slug), enabled: !isMine });
  const now = useNow(60_000);
  const toOwnerName = (id: string | null) =>
    id === null
      ? "Workspace"
      : (members.data?.find((member) => member.id === id)?.name ?? "Removed member");
  const areKnownByOthers = all.data?.some((token) => isKnownByLeaver(token, now)) ?? false;
  const matches = ({ label, client, memberId }: ListedToken) =>
    [label, client?.name, client?.host, isMine ? null : toOwnerName(memberId)].some((text) =>
      text?.toLowerCase().includes(q.toLowerCase()),
    );
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
      <section className="card">
        <Loaded<ListedToken[]> query={isMine ? mine : all}>
          {(tokens) => (
            <TokenTable
              slug={slug}
              isMine={isMine}
              tokens={tokens
                .filter((token) => isActive(token, now) === (state === "active"))
                .filter(matches)
                .toReversed()}
              toOwnerName={isMine ? undefined : toOwnerName}
              now={now}
              sort={sort}
              onSort={onSort}
              empty={toEmptyState(state, q)}
            />
          )}
        </Loaded>
      </section>
    </>
  );
}

function toEmptyState(state: Props["state"], q: string) {
  if (q !== "") return <EmptyState icon={KeyRound} title="No matching tokens" />;
  if (state === "inactive")
    return <EmptyState icon={KeyRound} title="No revoked or expired tokens" />;
  return (
    <EmptyState icon={KeyRound} title="No tokens">
      <p>Create a token for each client that you connect, or sign in from the client.</p>
    </EmptyState>
  );
}

interface TableProps extends Pick<Props, "slug" | "isMine" | "sort" | "onSort"> {
  tokens: ListedToken[];
  toOwnerName: ((id: string | null) => string) | undefined;
  now: number;
  empty: ReactNode;
}

interface Chosen {
  kind: TokenAction["kind"];
  rows: ListedToken[];
}

function TokenTable(props: TableProps) {
  const { slug, isMine, tokens, now } = props;
  const path = `/workspaces/${slug}/${isMine ? "me/" : ""}tokens`;
  const canManage = useCan(slug, "token.manage") || isMine;
  const actions = canManage ? listTokenActions(isMine, now) : [];
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<Chosen>();
  return (
    <>
      <DataTable
        label="Tokens"
        rows={tokens}
        columns={makeTokenColumns(now, props.toOwnerName)}
        getId={({ id }) => id}
        getName={({ label }) => label}
        sort={props.sort}
        onSort={props.onSort}
        {...(canManage && {
          selection: {
            ids,
            onChange: setIds,
            renderActions: (selected: ListedToken[]) => (
              <BulkActions actions={actions} rows={selected} onChoose={setChosen} />
            ),
          },
        })}
        renderMenu={(token) => (
          <RowMenu
            label={`Actions for ${token.label}`}
            items={toMenuItems(actions, token, setChosen)}
          />
        )}
        empty={props.empty}
      />
      <ChosenDialog
        slug={slug}
        path={path}
        chosen={chosen}
        onClose={(isDone) => {
          setChosen(undefined);
          if (isDone) setIds(new Set());
        }}
      />
    </>
  );
}

interface ChosenProps {
  slug: string;
  path: string;
  chosen: Chosen | undefined;
  onClose: (isDone: boolean) => void;
}

/** Asks for, and carries out, what was chosen. */
function ChosenDialog({ slug, path, chosen, onClose }: ChosenProps) {
  const token = chosen?.rows[0];
  const close = () => onClose(false);
  return (
    <>
      <RotateDialog
        slug={slug}
        path={path}
        token={chosen?.kind === "rotate" ? token : undefined}
        onClose={close}
      />
      <Suspense>
        {chosen?.kind === "tools" && token && (
          <TokenToolsDialog slug={slug} token={token} onClose={close} />
        )}
        {chosen && chosen.kind !== "rotate" && chosen.kind !== "tools" && (
          <TokenActionDialog
            slug={slug}
            kind={chosen.kind}
            tokens={chosen.rows}
            path={path}
            onClose={onClose}
          />
        )}
      </Suspense>
    </>
  );
}

function RotateDialog(props: {
  slug: string;
  path: string;
  token: ListedToken | undefined;
  onClose: () => void;
}) {
  const { slug, path, token, onClose } = props;
  const rotate = useApiMutation({
    run: ({ id }: ListedToken) => request(IssuedToken, "POST", `${path}/${id}/rotate`, {}),
    invalidate: [workspaceKey(slug, "tokens"), workspaceKey(slug, "me")],
    onDone: onClose,
  });
  return (
    <>
      <ConfirmDialog
        isOpen={token !== undefined}
        onClose={onClose}
        title={`Rotate “${token?.label ?? ""}”?`}
        confirmLabel="Rotate"
        isBusy={rotate.isPending}
        onConfirm={() => token && rotate.mutate(token)}
      >
        <p>
          This replaces the token with a new one. Clients are refused until you update them with the
          new token.
        </p>
      </ConfirmDialog>
      <Suspense>
        {rotate.data && (
          <IssuedTokenDialog slug={slug} token={rotate.data.token} onClose={() => rotate.reset()} />
        )}
      </Suspense>
    </>
  );
}
