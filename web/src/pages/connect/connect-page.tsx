import { getRouteApi, Link } from "@tanstack/react-router";
import { useMe } from "../../api/me.ts";
import { ClientPicker, SystemPicker } from "../../connect/client-picker.tsx";
import type { Client } from "../../connect/clients/client.ts";
import { CLIENTS } from "../../connect/clients/clients.ts";
import { findSystem, SYSTEM_LABELS, type System } from "../../connect/clients/systems.ts";
import { toConnection } from "../../connect/connection.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { Instructions } from "../../connect/instructions.tsx";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { ConnectionStatus } from "./connection-status.tsx";
import { Step } from "./step.tsx";
import { TokenStep } from "./token-step.tsx";
import { ToolsStep } from "./tools-step.tsx";
import { Troubleshooting } from "./troubleshooting.tsx";
import { useClientToken } from "./use-client-token.ts";

const route = getRouteApi("/signed-in/w/$slug/connect");

/** Connects an MCP client to the workspace: from the choice of the client to its first call. */
export function ConnectPage() {
  return (
    <RequirePermission action="me.use">
      <Connect />
    </RequirePermission>
  );
}

function Connect() {
  const slug = useWorkspaceSlug();
  const { client: id, system: chosen, welcome } = route.useSearch();
  const navigate = route.useNavigate();
  const { user } = useMe();
  const client = CLIENTS.find((candidate) => candidate.id === id);
  const system = chosen ?? findSystem(navigator.userAgent);
  return (
    <Page>
      <PageHeader
        title={welcome === true ? `Welcome, ${user.name}` : "Connect"}
        actions={
          welcome === true && (
            <Link to="/w/$slug" params={{ slug }} className={buttonClass()}>
              Continue to the overview
            </Link>
          )
        }
      >
        <span className="inline-flex max-w-full flex-wrap items-center gap-x-1">
          Connect an AI client to all tools that you may use here, through one address:
          <code className="min-w-0 font-mono text-xs wrap-anywhere">{toGatewayUrl(slug)}</code>
          <CopyButton text={toGatewayUrl(slug)} contentName="gateway URL" />
        </span>
      </PageHeader>
      {welcome === true && <RecoveryReminder />}
      <Step number={1} title="Choose your client">
        <ClientPicker
          value={client?.id}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, client: next }), replace: true })
          }
        />
        <div className="flex flex-wrap items-center gap-3">
          <span className="text-sm text-dim">on</span>
          <SystemPicker
            value={system}
            onChange={(next) =>
              void navigate({ search: (old) => ({ ...old, system: next }), replace: true })
            }
          />
        </div>
      </Step>
      {client && (
        <ConnectionSteps
          key={`${client.id} ${system}`}
          slug={slug}
          client={client}
          system={system}
        />
      )}
    </Page>
  );
}

function RecoveryReminder() {
  const { recoveryCodesLeft } = useMe();
  if (recoveryCodesLeft > 0) return null;
  return (
    <Notice tone="info">
      You need a recovery code to sign in if you lose your passkey.{" "}
      <Link to="/account" className="underline underline-offset-2">
        Create recovery codes
      </Link>{" "}
      when your client is connected.
    </Notice>
  );
}

interface Props {
  slug: string;
  client: Client;
  system: System;
}

function ConnectionSteps({ slug, client, system }: Props) {
  const token = useClientToken(slug, `${client.label} on ${SYSTEM_LABELS[system]}`);
  const { known, value } = token;
  if (token.isLoading) return <LoadingState />;
  return (
    <>
      <Step number={2} title="Choose its tools">
        <ToolsStep
          slug={slug}
          client={client}
          value={token.tools}
          isBusy={token.isNarrowing}
          onChange={token.setTools}
        />
      </Step>
      <Step number={3} title={`Connect ${client.label}`}>
        <TokenStep token={token} label={`${client.label} on ${SYSTEM_LABELS[system]}`} />
        {known && (
          <Instructions client={client} system={system} connection={toConnection(slug, value)} />
        )}
      </Step>
      {known && (
        <Step number={4} title="See that it works">
          <ConnectionStatus slug={slug} token={known} value={value} clientLabel={client.label} />
        </Step>
      )}
      <Troubleshooting client={client} system={system} />
    </>
  );
}
