import { useQuery } from "@tanstack/react-query";
import { Suspense, useState, type ReactNode } from "react";
import type { Connection } from "../../../../workers/contract/api/connections.ts";
import type { Server } from "../../../../workers/contract/api/resources.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { connectionQuery, workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { Affected, NoticeWords, type CredentialNotice } from "./credential-notices.tsx";

const ConnectDialog = lazyComponent(() => import("./connect-dialog.tsx"), "ConnectDialog");

/** The sign-in of the gateway at a server, for those who may read it: its state, and for admins what to do. */
export function ConnectionNotice(props: {
  slug: string;
  server: Server;
  notices: CredentialNotice[];
}) {
  const { slug, server, notices } = props;
  const canRead = useCan(slug, "connection.read");
  const canManage = useCan(slug, "server.manage");
  const { data } = useQuery({
    ...connectionQuery(slug, server.slug),
    enabled: canRead && server.hosted === null,
  });
  if (!data || data.state === "none") return null;
  const actions = canManage && <Actions slug={slug} server={server} connection={data} />;
  const failing = notices.find(({ kind, state }) => kind === "sign_in" && state === "failing");
  if (data.state === "needs_sign_in")
    return (
      <Notice tone="warn">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="min-w-0 flex-1 basis-64">
            {escapeHidden(data.message ?? "The server wants a sign-in")}.
            {data.connectedAt !== null && data.since !== null && (
              <>
                {" "}
                Since <Time at={data.since} />.
              </>
            )}
            {failing && <Affected notice={failing} />}
          </p>
          {actions}
        </div>
      </Notice>
    );
  const { issuer, connectedBy, connectedAt, message } = data;
  return (
    <>
      {notices.map((notice) =>
        notice.kind === "header" || notice.state === "provider_down" ? null : (
          <SignInNotice
            key={notice.kind + notice.state}
            notice={notice}
            action={canManage && <SignInAgain {...{ slug, server, notice }} connection={data} />}
          />
        ),
      )}
      <div className="flex flex-wrap items-center justify-between gap-2 text-xs text-dim">
        <p className="min-w-0 flex-1 basis-64 wrap-anywhere">
          Signed in at {escapeLine(new URL(issuer ?? "about:blank").host)}
          {connectedBy?.name && ` by ${escapeLine(connectedBy.name)}`}
          {connectedAt !== null && (
            <>
              {" "}
              <Time at={connectedAt} />
            </>
          )}
          {message !== null && `. ${message}.`}
        </p>
        {actions}
      </div>
    </>
  );
}

/** The sign-in ends soon, or calls need more permission than it has. */
function SignInNotice({ notice, action }: { notice: CredentialNotice; action: ReactNode }) {
  return (
    <Notice tone="warn">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 basis-64">
          <NoticeWords notice={notice} />
        </p>
        {action}
      </div>
    </Notice>
  );
}

/** What an admin can do about a notice: sign in again, with the scopes that are missing if it is about these. */
function SignInAgain(props: {
  slug: string;
  server: Server;
  connection: Connection;
  notice: CredentialNotice;
}) {
  const { slug, server, connection, notice } = props;
  const [isOpen, setOpen] = useState(false);
  const isGrant = notice.state === "needs_permission";
  const wanted = isGrant && connection.wanted?.canGrant ? connection.wanted.scopes : [];
  // Another sign-in would ask for nothing more.
  if (isGrant && wanted.length === 0) return null;
  return (
    <>
      <Button size="sm" variant="primary" onClick={() => setOpen(true)}>
        {isGrant ? "Grant" : "Sign in again"}
      </Button>
      <Suspense>
        {isOpen && (
          <ConnectDialog
            {...{ slug, server, connection }}
            wanted={wanted}
            onClose={() => setOpen(false)}
          />
        )}
      </Suspense>
    </>
  );
}

function Actions(props: { slug: string; server: Server; connection: Connection }) {
  const { slug, server, connection } = props;
  const [open, setOpen] = useState<"connect" | "disconnect" | null>(null);
  const close = () => setOpen(null);
  const disconnect = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/servers/${server.slug}/connection`),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      close();
      showToast("Server disconnected");
    },
  });
  const isConnected = connection.connectedAt !== null;
  return (
    <div className="flex gap-2">
      <Button
        size="sm"
        variant={connection.state === "connected" ? "secondary" : "primary"}
        onClick={() => setOpen("connect")}
      >
        {isConnected ? "Connect again" : "Connect"}
      </Button>
      {isConnected && (
        <Button size="sm" onClick={() => setOpen("disconnect")}>
          Disconnect
        </Button>
      )}
      <Suspense>
        {open === "connect" && (
          <ConnectDialog {...{ slug, server, connection }} wanted={[]} onClose={close} />
        )}
      </Suspense>
      <ConfirmDialog
        isOpen={open === "disconnect"}
        onClose={close}
        title={`Disconnect ${escapeLine(server.name)}?`}
        confirmLabel="Disconnect"
        isBusy={disconnect.isPending}
        onConfirm={() => disconnect.mutate(undefined)}
      >
        <p>
          The gateway revokes its tokens at the provider. The server refuses calls until an owner or
          admin connects it again.
        </p>
      </ConfirmDialog>
    </div>
  );
}
