import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { IdCard } from "lucide-react";
import { Suspense, useState } from "react";
import type { Account } from "../../../../workers/contract/api/accounts.ts";
import { ConnectionStart } from "../../../../workers/contract/api/connections.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { myAccountsQuery, workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge, Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { AccountSince } from "./account-since.tsx";

const route = getRouteApi("/signed-in/w/$slug/accounts");
const KeyDialog = lazyComponent(() => import("./key-dialog.tsx"), "KeyDialog");

/** The accounts of the signed-in member, and of their agents, at servers that are used with an account of each person. */
export function AccountsPage() {
  return (
    <RequirePermission action="me.use">
      <Accounts />
    </RequirePermission>
  );
}

function Accounts() {
  const slug = useWorkspaceSlug();
  const { server, agent } = route.useSearch();
  const accounts = useQuery(myAccountsQuery(slug));
  return (
    <Page isNarrow>
      <PageHeader title="Your accounts">
        Servers that you use with your own account or key. Only your calls use it, and no admin can
        read it.
      </PageHeader>
      <Loaded query={accounts}>
        {(items) => {
          const isAsked = (account: Account) =>
            account.server.slug === server &&
            (agent === undefined ? !account.member.isAgent : account.member.id === agent);
          const asked = items.find(isAsked);
          if (items.length === 0)
            return (
              <EmptyState icon={IdCard} title="No server needs an account of yours">
                <p>None of the servers that you may use asks each person for an account or key.</p>
              </EmptyState>
            );
          return (
            <>
              {server !== undefined && !asked && (
                <p className="text-sm text-warn">
                  You have no account to connect for “{escapeLine(server)}”
                  {agent === undefined ? "" : " and this agent"}. Another person may have to do it.
                </p>
              )}
              <Section>
                <ul className="divide-y divide-line">
                  {items.map((account) => (
                    <AccountRow
                      key={`${account.server.slug} ${account.member.id}`}
                      slug={slug}
                      account={account}
                      isAsked={account === asked}
                    />
                  ))}
                </ul>
              </Section>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

interface RowProps {
  slug: string;
  account: Account;
  /** Whether the person came to connect this one. */
  isAsked: boolean;
}

function AccountRow({ slug, account, isAsked }: RowProps) {
  const { server, member, message, wanted, connectedAt, state, isForChecks, blockedBy } = account;
  const name = escapeLine(server.name);
  return (
    <li
      className={`flex flex-wrap items-center gap-3 px-4 py-3 ${isAsked ? "bg-accent-soft" : ""}`}
      aria-current={isAsked || undefined}
    >
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="wrap-anywhere">{name}</span>
          {member.isAgent && <Badge>Agent {escapeLine(member.name)}</Badge>}
          {account.isByCompany && <Badge tone="accent">By your company</Badge>}
          {state === "needs_sign_in" && blockedBy === null && (
            <Badge tone="warn">{account.kind === "key" ? "Key refused" : "Connect again"}</Badge>
          )}
          {state === "connected" && blockedBy === null && (
            <Badge tone={wanted ? "warn" : "ok"}>
              {wanted ? "Needs more permission" : "Connected"}
            </Badge>
          )}
          {blockedBy !== null && <Badge tone="warn">Not in use</Badge>}
        </p>
        <p className="mt-0.5 text-xs text-dim wrap-anywhere">
          {connectedAt === null ? describeMissing(account) : <AccountSince account={account} />}
          {blockedBy !== null && ` ${describeBlocked(account)}`}
          {message !== null && blockedBy === null && ` ${escapeHidden(message)}.`}
          {wanted !== null && blockedBy === null && ` ${escapeHidden(wanted.message)}.`}
          {isForChecks && " The gateway also lists the server’s tools with it."}
        </p>
      </div>
      <Actions slug={slug} account={account} isAsked={isAsked} />
    </li>
  );
}

function describeMissing({ kind, member, isByCompany }: Account): string {
  if (isByCompany) return "Your company’s sign-in connects it at your next call, if it can.";
  const whose = member.isAgent ? "the agent’s" : "your";
  return kind === "key"
    ? `No key is entered. Until then ${whose} calls are refused.`
    : `Not connected. Until then ${whose} calls are refused.`;
}

/** Why calls do not use an account that is connected. */
function describeBlocked({ kind, member, blockedBy }: Account): string {
  const whose = member.isAgent ? "the agent’s" : "your";
  const why =
    blockedBy === "disabled"
      ? `The server is disabled, so ${whose} calls are refused.`
      : `${member.isAgent ? "The agent’s" : "Your"} rules do not allow this server any more, so ${whose} calls are refused. An owner or admin can allow it.`;
  return `${why} ${kind === "key" ? "The key stays stored until you delete it." : "The account stays connected until you disconnect it."}`;
}

function Actions({ slug, account, isAsked }: RowProps) {
  const { server, member, kind, connectedAt, state, wanted, blockedBy } = account;
  const [open, setOpen] = useState<"key" | "disconnect" | null>(null);
  const close = () => setOpen(null);
  const path = `/workspaces/${slug}/me/accounts/${server.slug}`;
  const agent = member.isAgent ? { agent: member.id } : {};
  const begin = useApiMutation({
    run: () => request(ConnectionStart, "POST", path, agent),
    invalidate: [],
    onDone: ({ to }) => location.assign(to),
  });
  const disconnect = useApiMutation({
    run: () => requestNoContent("DELETE", `${path}?${new URLSearchParams(agent).toString()}`),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      close();
      showToast(kind === "key" ? "Key deleted" : "Account disconnected");
    },
  });
  const isConnected = connectedAt !== null;
  const isWorking = state === "connected" && !wanted?.canGrant;
  const [first, again] =
    kind === "key" ? ["Enter key", "Replace key"] : ["Connect", "Connect again"];
  const label = isConnected ? again : first;
  const whose = `for ${escapeLine(server.name)}${member.isAgent ? `, agent ${escapeLine(member.name)}` : ""}`;
  const end = kind === "key" ? "Delete key" : "Disconnect";
  return (
    <div className="flex gap-2">
      {blockedBy === null && (
        <Button
          size="sm"
          autoFocus={isAsked}
          variant={isWorking ? "secondary" : "primary"}
          aria-label={`${label} ${whose}`}
          isBusy={begin.isPending}
          onClick={() => (kind === "key" ? setOpen("key") : begin.mutate(undefined))}
        >
          {label}
        </Button>
      )}
      {isConnected && (
        <Button size="sm" aria-label={`${end} ${whose}`} onClick={() => setOpen("disconnect")}>
          {end}
        </Button>
      )}
      <Suspense>
        {open === "key" && <KeyDialog slug={slug} account={account} onClose={close} />}
      </Suspense>
      <ConfirmDialog
        isOpen={open === "disconnect"}
        onClose={close}
        title={`${kind === "key" ? "Delete the key" : "Disconnect the account"} for ${escapeLine(server.name)}?`}
        confirmLabel={end}
        isBusy={disconnect.isPending}
        onConfirm={() => disconnect.mutate(undefined)}
      >
        <p>
          {kind === "key"
            ? "The gateway deletes the key. The provider still accepts it."
            : "The gateway revokes its tokens at the provider."}{" "}
          {member.isAgent ? "The agent’s calls" : "Your calls"} to the server are refused
          afterwards.
        </p>
      </ConfirmDialog>
    </div>
  );
}
