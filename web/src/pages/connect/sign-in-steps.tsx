import { useQuery } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useState } from "react";
import type { Token } from "../../../../workers/contract/api/resources.ts";
import { myTokensQuery } from "../../api/workspace.ts";
import type { Client, SignIn, WebClient } from "../../connect/clients/client.ts";
import type { System } from "../../connect/clients/systems.ts";
import { toSignInConnection } from "../../connect/connection.ts";
import { SignInInstructions } from "../../connect/sign-in-instructions.tsx";
import { Button } from "../../ui/button.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "../tokens/is-active.ts";
import { ConnectionStatus } from "./connection-status.tsx";
import { toPollMs } from "./poll.ts";
import { State } from "./state.tsx";
import { Step } from "./step.tsx";
import { ToolsStep } from "./tools-step.tsx";
import { Troubleshooting } from "./troubleshooting.tsx";
import { useNarrow } from "./use-narrow.ts";

interface Props {
  slug: string;
  client: (Client | WebClient) & { signIn: SignIn };
  system: System;
  onUseToken: () => void;
}

/** Connects a client from which the person signs in. */
export function SignInSteps({ slug, client, system, onUseToken }: Props) {
  const grant = useNewGrant(slug);
  const narrow = useNarrow(slug);
  return (
    <>
      <Step number={2} title={`Connect ${client.label}`}>
        <SignInInstructions client={client} system={system} connection={toSignInConnection(slug)} />
        {client.kind !== "web" && (
          <div className="flex flex-wrap items-center gap-3 border-t border-line pt-4">
            <Button onClick={onUseToken}>Use a token instead</Button>
            <p className="min-w-0 flex-1 basis-60 text-xs text-dim">
              For a machine without a browser, or a client that does not sign in.
            </p>
          </div>
        )}
      </Step>
      <Step number={3} title="See that it works">
        {grant?.client ? (
          <>
            <p>
              You have signed in from <ForeignName name={grant.client.name} />.
            </p>
            <ConnectionStatus slug={slug} token={grant} value={null} clientLabel={client.label} />
          </>
        ) : (
          <div role="status" aria-label="Connection">
            <State
              icon={LoaderCircle}
              tone="text-dim animate-spin"
              title="Waiting for you to sign in"
            >
              This page sees by itself when you have signed in from {client.label}.
            </State>
          </div>
        )}
      </Step>
      {grant && (
        <Step number={4} title="Choose its tools">
          <ToolsStep
            slug={slug}
            client={client}
            value={grant.tools}
            isBusy={narrow.isPending}
            onChange={(tools) => narrow.mutate({ id: grant.id, tools })}
          />
        </Step>
      )}
      <Troubleshooting client={client} system={system} signsIn />
    </>
  );
}

/** The last sign-in of the member from any client since the page was opened. */
function useNewGrant(slug: string): Token | undefined {
  const now = useNow(60_000);
  const [before, setBefore] = useState<ReadonlySet<string>>();
  const findNew = (tokens: Token[]) =>
    tokens.findLast(
      (token) => token.client !== null && before?.has(token.id) === false && isActive(token, now),
    );
  const { data } = useQuery({
    ...myTokensQuery(slug),
    refetchInterval: ({ state: { data: tokens, dataUpdateCount } }) =>
      tokens && findNew(tokens) ? false : toPollMs(dataUpdateCount),
  });
  if (data && !before) setBefore(new Set(data.map(({ id }) => id)));
  return data && findNew(data);
}
