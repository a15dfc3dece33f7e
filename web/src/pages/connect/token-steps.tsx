import type { Client } from "../../connect/clients/client.ts";
import { SYSTEM_LABELS, type System } from "../../connect/clients/systems.ts";
import { toConnection } from "../../connect/connection.ts";
import { Instructions } from "../../connect/instructions.tsx";
import { Button } from "../../ui/button.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { ConnectionStatus } from "./connection-status.tsx";
import { Step } from "./step.tsx";
import { TokenStep } from "./token-step.tsx";
import { ToolsStep } from "./tools-step.tsx";
import { Troubleshooting } from "./troubleshooting.tsx";
import { useClientToken } from "./use-client-token.ts";

interface Props {
  slug: string;
  client: Client;
  system: System;
  /** Undefined: the person cannot sign in from the client. */
  onSignIn: (() => void) | undefined;
}

/** Connects a client with a token. */
export function TokenSteps({ slug, client, system, onSignIn }: Props) {
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
        {onSignIn && (
          <div className="border-t border-line pt-4">
            <Button onClick={onSignIn}>Sign in instead</Button>
          </div>
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
