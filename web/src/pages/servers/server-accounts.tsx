import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import type { Account } from "../../../../workers/contract/api/accounts.ts";
import type { Server } from "../../../../workers/contract/api/resources.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { connectionQuery, serverAccountsQuery, workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";
import { AccountSince } from "../accounts/account-since.tsx";

const ConnectDialog = lazyComponent(() => import("./connect-dialog.tsx"), "ConnectDialog");

interface Props {
  slug: string;
  server: Server;
}

/** Who has connected an account at a server with an account for each person, for those who may read it. Shows no token. */
export function ServerAccounts({ slug, server }: Props) {
  const canRead = useCan(slug, "connection.read");
  const { data } = useQuery({ ...serverAccountsQuery(slug, server.slug), enabled: canRead });
  const canManage = useCan(slug, "server.manage");
  const [ended, setEnded] = useState<Account>();
  const end = useApiMutation({
    run: ({ member }: Account) =>
      requestNoContent(
        "DELETE",
        `/workspaces/${slug}/servers/${server.slug}/accounts/${member.id}`,
      ),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setEnded(undefined);
      showToast("Account disconnected");
    },
  });
  if (!data) return null;
  const forChecks = data.find(({ isForChecks }) => isForChecks);
  return (
    <>
      {canManage && !forChecks && <MissingAccount slug={slug} server={server} />}
      <Section
        title="Accounts"
        hint={
          server.perPerson?.kind === "key"
            ? "Each person enters a key, which their calls use."
            : "Each person signs in with an account, which their calls use."
        }
      >
        <ul className="divide-y divide-line">
          {data.map((account) => (
            <li key={account.member.id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-2">
                  <span className="wrap-anywhere">{escapeLine(account.member.name)}</span>
                  {account.member.isAgent && <Badge>Agent</Badge>}
                  {account.isByCompany && <Badge>By the company</Badge>}
                  {account.state === "needs_sign_in" && <Badge tone="warn">Needs sign-in</Badge>}
                  {account.isForChecks && <Badge tone="accent">Lists the tools</Badge>}
                </p>
                <p className="text-xs text-dim wrap-anywhere">
                  <AccountSince account={account} />
                  {account.message !== null && ` ${escapeHidden(account.message)}.`}
                </p>
              </div>
              {canManage && (
                <Button
                  size="sm"
                  aria-label={`Disconnect ${escapeLine(account.member.name)}`}
                  onClick={() => setEnded(account)}
                >
                  Disconnect
                </Button>
              )}
            </li>
          ))}
          {data.length === 0 && (
            <li className="px-4 py-3 text-sm text-dim">No person has connected an account yet.</li>
          )}
        </ul>
      </Section>
      <ConfirmDialog
        isOpen={ended !== undefined}
        onClose={() => setEnded(undefined)}
        title={`Disconnect the account of ${escapeLine(ended?.member.name ?? "")}?`}
        confirmLabel="Disconnect"
        isBusy={end.isPending}
        onConfirm={() => ended && end.mutate(ended)}
      >
        <p>Calls of this person to the server are refused until the person connects again.</p>
      </ConfirmDialog>
    </>
  );
}

/** The gateway lists the server's tools with an account of a person: there is none. */
function MissingAccount({ slug, server }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const connection = useQuery(connectionQuery(slug, server.slug));
  return (
    <Notice tone="warn">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 basis-64">
          No person has connected an account, so the server’s tools are not known. The gateway
          checks the server and lists its tools with the account of the owner or admin who connects
          first, and until then with that of the first person.
        </p>
        {server.perPerson?.kind === "key" ? (
          <Link
            to="/w/$slug/accounts"
            params={{ slug }}
            search={{ server: server.slug }}
            className={buttonClass("primary", "sm")}
          >
            Enter your key
          </Link>
        ) : (
          <Button size="sm" variant="primary" onClick={() => setIsOpen(true)}>
            Connect your account
          </Button>
        )}
      </div>
      <Suspense>
        {isOpen && connection.data && (
          <ConnectDialog
            slug={slug}
            server={server}
            connection={connection.data}
            wanted={[]}
            onClose={() => setIsOpen(false)}
          />
        )}
      </Suspense>
    </Notice>
  );
}
