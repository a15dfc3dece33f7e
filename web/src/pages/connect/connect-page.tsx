import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMe } from "../../api/me.ts";
import { workspaceQuery } from "../../api/workspace.ts";
import { ClientPicker, SystemPicker } from "../../connect/client-picker.tsx";
import type { Client, WebClient } from "../../connect/clients/client.ts";
import { ALL_CLIENTS, CLIENTS } from "../../connect/clients/clients.ts";
import { findSystem, type System } from "../../connect/clients/systems.ts";
import { toGatewayUrl, toSignInUrl } from "../../connect/gateway-url.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { SignInSteps } from "./sign-in-steps.tsx";
import { Step } from "./step.tsx";
import { TokenSteps } from "./token-steps.tsx";

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
  const { client: id, system: chosen, welcome, way } = route.useSearch();
  const navigate = route.useNavigate();
  const { user } = useMe();
  const { data: workspace } = useQuery(workspaceQuery(slug));
  // Until that is known, as in most workspaces: the clients do not change their places.
  const isOauthOn = workspace?.oauth.enabled ?? true;
  const client = ALL_CLIENTS.find((candidate) => candidate.id === id);
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
        <Address url={isOauthOn && way !== "token" ? toSignInUrl(slug) : toGatewayUrl(slug)} />
      </PageHeader>
      {welcome === true && <RecoveryReminder />}
      <Step number={1} title="Choose your client">
        <ClientPicker
          clients={isOauthOn ? ALL_CLIENTS : CLIENTS}
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
      {client &&
        (workspace ? (
          <ConnectionSteps
            key={`${client.id} ${system}`}
            {...{ slug, client, system, isOauthOn }}
            isTokenWanted={way === "token"}
            onWant={(next) => void navigate({ search: (old) => ({ ...old, way: next }) })}
          />
        ) : (
          <LoadingState />
        ))}
    </Page>
  );
}

function Address({ url }: { url: string }) {
  return (
    <span className="inline-flex max-w-full flex-wrap items-center gap-x-1">
      Connect an AI client to all tools that you may use here, through one address:
      <code className="min-w-0 font-mono text-xs wrap-anywhere">{url}</code>
      <CopyButton text={url} contentName="gateway URL" />
    </span>
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

interface StepsProps {
  slug: string;
  client: Client | WebClient;
  system: System;
  /** Whether members can sign in from clients. */
  isOauthOn: boolean;
  isTokenWanted: boolean;
  onWant: (way: "token" | undefined) => void;
}

/** The steps of the way that is possible and wanted. */
function ConnectionSteps(props: StepsProps) {
  const { slug, client, system, isOauthOn, isTokenWanted, onWant } = props;
  const { signIn } = client;
  if (isOauthOn && signIn && (client.kind === "web" || !isTokenWanted))
    return (
      <SignInSteps
        slug={slug}
        client={{ ...client, signIn }}
        system={system}
        onUseToken={() => onWant("token")}
      />
    );
  if (client.kind === "web")
    return (
      <Notice tone="warn">
        {client.label} connects only by sign-in, which this workspace does not allow. An owner or
        admin can allow it under Settings.
      </Notice>
    );
  return (
    <TokenSteps
      slug={slug}
      client={client}
      system={system}
      onSignIn={isOauthOn && signIn ? () => onWant(undefined) : undefined}
    />
  );
}
