import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, LoaderCircle, PlugZap } from "lucide-react";
import { TokenConnection } from "../../../../workers/contract/api/people.ts";
import type { Token } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { Button } from "../../ui/button.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Time } from "../../ui/time.tsx";
import { toPollMs } from "./poll.ts";
import { State } from "./state.tsx";

interface Props {
  slug: string;
  token: Token;
  /** In clear, if it was made on this page. */
  value: string | null;
  clientLabel: string;
}

/** Whether the client has connected and called a tool, and a test of the address from this browser. */
export function ConnectionStatus({ slug, token, value, clientLabel }: Props) {
  // The last use can be that of an earlier value of the token.
  const lastUsedAt = value === null ? token.lastUsedAt : null;
  const { data } = useQuery({
    queryKey: workspaceKey(slug, "me", "connection", token.id, token.lastFour),
    queryFn: () =>
      request(TokenConnection, "GET", `/workspaces/${slug}/me/tokens/${token.id}/connection`),
    refetchInterval: ({ state: { data: found, dataUpdateCount } }) => {
      if (lastUsedAt !== null || found?.calledAt) return false;
      return toPollMs(dataUpdateCount);
    },
  });
  // The object forgets what it saw, so that its first call of a token that was used before can be a later one.
  const usedAt = lastUsedAt ?? data?.calledAt;
  const name = data?.client ? (
    <ForeignName name={[data.client.name, data.client.version].filter(Boolean).join(" ")} />
  ) : (
    clientLabel
  );
  return (
    <>
      <div role="status" aria-label="Connection">
        {usedAt ? (
          <State icon={CircleCheck} tone="text-ok" title={<>{name} works</>}>
            {lastUsedAt === null ? "First call" : "Last used"} <Time at={usedAt} />
          </State>
        ) : data?.connectedAt ? (
          <State icon={PlugZap} tone="text-ok" title={<>{name} is connected</>}>
            Waiting for the first call. Ask {clientLabel} to use one of the tools.
          </State>
        ) : (
          <State
            icon={LoaderCircle}
            tone="text-dim animate-spin"
            title="Waiting for the first call"
          >
            This page sees by itself when {clientLabel} connects.
          </State>
        )}
      </div>
      {value !== null && <AddressTest slug={slug} value={value} />}
    </>
  );
}

function AddressTest({ slug, value }: { slug: string; value: string }) {
  const test = useMutation({
    // Without a network the test fails at once, instead of waiting for one.
    networkMode: "always",
    mutationFn: async () => {
      // Loaded on demand: the client library is as large as the page.
      const { testAddress } = await import("../../connect/address-test.ts");
      return testAddress(toGatewayUrl(slug), value);
    },
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button isBusy={test.isPending} onClick={() => test.mutate()}>
        Test the address from here
      </Button>
      <p role="status" aria-label="Test" className="min-w-0 flex-1 basis-60 text-xs wrap-anywhere">
        {test.data !== undefined && (
          <span className="text-ok">
            The gateway answers this browser with {pluralize(test.data, "tool")}.
          </span>
        )}
        {test.error && (
          <span className="text-bad">The gateway does not answer: {test.error.message}</span>
        )}
      </p>
    </div>
  );
}
