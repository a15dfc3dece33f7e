import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import type { Health, Server } from "../../../../workers/contract/api/resources.ts";
import type { UsageFigures } from "../../../../workers/contract/api/usage.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { useCan } from "../../api/me.ts";
import { ALL_ITEMS, usageTotalsQuery } from "../../api/usage.ts";
import { connectionQuery } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { Fact } from "../../ui/fact.tsx";
import {
  formatCount,
  formatEstimatedLatency,
  formatLatency,
  formatPercentage,
} from "../../ui/format-numbers.ts";
import { Time, TimeUntil } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { toAuditSearch } from "../overview/audit-search.ts";
import { toUsageRange } from "../overview/ranges.ts";
import { describeProtocol } from "./describe-server.ts";

const NO_CALLS: UsageFigures = {
  calls: 0,
  errors: 0,
  refused: 0,
  cancelled: 0,
  p50Ms: null,
  p95Ms: null,
};

type State = z.infer<typeof Health>["items"][number];

/** The calls of the last 7 days by server; of a member, the own ones. `find` returns null while they are not known. */
export function useServerUse(slug: string) {
  const isMine = !useCan(slug, "audit.read");
  const range = toUsageRange("7d", useNow(HOUR_MS / 6));
  const { data } = useQuery(
    usageTotalsQuery({ slug, isMine, range }, { by: "server", limit: ALL_ITEMS }),
  );
  const bySlug = new Map(data?.items.map((item) => [item.serverSlug, item.total]));
  return {
    isMine,
    range,
    find: (server: string) => (data ? (bySlug.get(server) ?? NO_CALLS) : null),
  };
}

/** Facts of a server in a row: calls, failures and latency of the last 7 days, credential, protocol, last check. */
export function ServerFacts(props: { slug: string; server: Server; state: State | undefined }) {
  const { slug, server, state } = props;
  const { isMine, range, find } = useServerUse(slug);
  const total = find(server.slug);
  const check = state?.check;
  const search = (status?: "error") => ({
    to: "/w/$slug/audit" as const,
    params: { slug },
    search: toAuditSearch(range, { serverSlug: server.slug }, status),
    className: "link",
  });
  return (
    <dl
      className={classNames(
        "card grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-3 lg:grid-cols-6",
        // Five facts: the last one takes the rest of its row.
        isMine && "[&>:last-child]:col-span-2",
      )}
    >
      <Fact name={isMine ? "Your calls, 7 days" : "Calls, 7 days"}>
        <Link {...search()}>{total ? formatCount(total.calls) : "–"}</Link>
      </Fact>
      <Fact name="Failed">
        <Link {...search("error")}>
          {total ? formatPercentage(total.errors, total.calls) : "–"}
        </Link>
      </Fact>
      <Fact name="p95 (estimate)">{formatEstimatedLatency(total?.p95Ms ?? null)}</Fact>
      <Fact name="Protocol">{describeProtocol(server)}</Fact>
      <Fact name="Last check">
        {check ? (
          <>
            <Time at={check.checkedAt} />
            {!check.error && `, ${formatLatency(check.latencyMs)}`}
          </>
        ) : (
          "Not checked yet"
        )}
      </Fact>
      {/* The API does not tell a member whether there is a credential. */}
      {!isMine && (
        <Fact name="Credential">
          <Credential slug={slug} server={server} />
        </Fact>
      )}
    </dl>
  );
}

/** What authenticates calls at the server: secret headers, or else a sign-in or the accounts of people. */
function Credential({ slug, server }: { slug: string; server: Server }) {
  const canRead = useCan(slug, "connection.read");
  const { data } = useQuery({
    ...connectionQuery(slug, server.slug),
    enabled: canRead && server.hosted === null && server.perPerson === null,
  });
  if (server.credentials.length > 0) return <CredentialAge server={server} />;
  if (server.perPerson)
    return server.perPerson.kind === "key" ? "A key of each person" : "An account of each person";
  if (data?.connectedAt) return data.state === "connected" ? "Sign-in" : "Sign-in that has ended";
  return "None";
}

/** The age of a server's oldest credential, the person who set it, and the next expiry. */
export function CredentialAge({ server }: { server: Server }) {
  const now = useNow(HOUR_MS);
  const oldest = server.credentials.toSorted((a, b) => a.setAt - b.setAt)[0];
  if (!oldest) return "None";
  const expiries = server.credentials.flatMap(({ expiresAt }) => expiresAt ?? []);
  const expiresAt = expiries.length === 0 ? null : Math.min(...expiries);
  return (
    <>
      Set <Time at={oldest.setAt} />
      {oldest.setBy?.name && ` by ${escapeLine(oldest.setBy.name)}`}
      {expiresAt !== null && (
        <span className={expiresAt <= now ? "text-bad" : "text-warn"}>
          {expiresAt <= now ? ", expired " : ", expires "}
          <TimeUntil at={expiresAt} />
        </span>
      )}
    </>
  );
}
