import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock, FileDiff, Inbox, KeyRound, TriangleAlert, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { EXPIRES_SOON_MS } from "../../../../workers/contract/records/credential-notice.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { openAccessRequestsQuery } from "../../api/access-requests.ts";
import { contractsQuery } from "../../api/contracts.ts";
import { useCan } from "../../api/me.ts";
import { useRequestScope, waitingRequestsQuery } from "../../api/server-requests.ts";
import { healthQuery, myTokensQuery, tokensQuery } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { TimeUntil } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { NoticeWords } from "../servers/credential-notices.tsx";
import { isActive } from "../tokens/is-active.ts";

/** Longer lists are folded. */
const SHOWN = 5;

interface Finding {
  key: string;
  icon: LucideIcon;
  isUrgent: boolean;
  content: ReactNode;
}

/** What a user has to act on: failing servers, tokens and credentials that expire. Nothing to act on: nothing. */
export function Attention({ slug }: { slug: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const findings = [
    ...useFailingServers(slug),
    ...useOpenChanges(slug),
    ...useWaitingRequests(slug),
    ...useCredentialNotices(slug),
    ...useExpiringTokens(slug),
  ];
  if (findings.length === 0) return null;
  const urgentFirst = findings.toSorted((a, b) => Number(b.isUrgent) - Number(a.isUrgent));
  const hidden = findings.length - SHOWN;
  return (
    <Section title="Needs attention">
      <ul className="divide-y divide-line">
        {urgentFirst
          .slice(0, isOpen ? undefined : SHOWN)
          .map(({ key, icon: Icon, isUrgent, content }) => (
            <li key={key} className="flex items-start gap-2.5 px-4 py-2">
              <Icon
                className={`mt-0.5 size-4 shrink-0 ${isUrgent ? "text-bad" : "text-warn"}`}
                aria-hidden
              />
              <p className="min-w-0 flex-1 wrap-anywhere">{content}</p>
            </li>
          ))}
      </ul>
      {hidden > 0 && (
        <button
          type="button"
          aria-expanded={isOpen}
          className="link border-t border-line px-4 py-2 text-xs"
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? "Show less" : `Show ${hidden} more`}
        </button>
      )}
    </Section>
  );
}

function useFailingServers(slug: string): Finding[] {
  const { data } = useQuery(healthQuery(slug));
  const failing =
    data?.items.filter(
      ({ status, credentials }) =>
        status === "failing" && !credentials.some(({ state }) => state === "failing"),
    ) ?? [];
  return failing.map((server) => ({
    key: `server ${server.slug}`,
    icon: TriangleAlert,
    isUrgent: true,
    content: (
      <>
        <Link
          to="/w/$slug/servers/$server"
          params={{ slug, server: server.slug }}
          search={{ tab: "health" }}
          className="link underline"
        >
          {escapeLine(server.name)}
        </Link>{" "}
        is failing: {server.check?.error?.message}
      </>
    ),
  }));
}

/** Changes of servers that wait for a decision. */
function useOpenChanges(slug: string): Finding[] {
  const isReader = useCan(slug, "contract.read");
  const { data } = useQuery({ ...contractsQuery(slug), enabled: isReader });
  const open = data?.filter((summary) => summary.open > 0) ?? [];
  return open.map((summary) => ({
    key: `contract ${summary.server.slug}`,
    icon: FileDiff,
    isUrgent: summary.severity === "critical" || summary.severity === "high",
    content: (
      <>
        <Link
          to="/w/$slug/servers/$server"
          params={{ slug, server: summary.server.slug }}
          search={{ tab: "contract" }}
          className="link underline"
        >
          {escapeLine(summary.server.name)}
        </Link>{" "}
        shows {pluralize(summary.open, "change")} that {summary.open === 1 ? "waits" : "wait"} for a
        decision.
      </>
    ),
  }));
}

function useWaitingRequests(slug: string): Finding[] {
  const scope = useRequestScope(slug);
  const canHave = [useCan(slug, "me.use"), useCan(slug, "request.read")].includes(true);
  const { data } = useQuery({ ...waitingRequestsQuery(slug, scope), enabled: canHave });
  const access = useQuery({ ...openAccessRequestsQuery(slug), enabled: scope === "all" });
  const waiting = (data?.waiting ?? 0) + (access.data?.waiting ?? 0);
  if (waiting === 0) return [];
  const what =
    scope === "all"
      ? `${pluralize(waiting, "request")} ${waiting === 1 ? "waits" : "wait"} for an admin`
      : `${pluralize(waiting, "request")} of yours ${waiting === 1 ? "has" : "have"} an answer`;
  return [
    {
      key: "requests",
      icon: Inbox,
      isUrgent: false,
      content: (
        <Link to="/w/$slug/requests" params={{ slug }} className="link underline">
          {what}
        </Link>
      ),
    },
  ];
}

/** Sign-ins and secret headers of servers that do not work, or end soon. */
function useCredentialNotices(slug: string): Finding[] {
  const { data } = useQuery(healthQuery(slug));
  return (data?.items ?? []).flatMap((server) =>
    server.credentials.map((notice) => ({
      key: `credential ${server.slug} ${notice.kind} ${notice.state} ${notice.header}`,
      icon: KeyRound,
      isUrgent: notice.state === "failing" || notice.state === "expired",
      content: (
        <>
          <Link
            to="/w/$slug/servers/$server"
            params={{ slug, server: server.slug }}
            search={{ tab: notice.kind === "header" ? "settings" : "health" }}
            className="link underline"
          >
            {escapeLine(server.name)}
          </Link>
          : <NoticeWords notice={notice} />
        </>
      ),
    })),
  );
}

function useExpiringTokens(slug: string): Finding[] {
  const now = useNow(HOUR_MS);
  const isAdmin = useCan(slug, "token.manage");
  const all = useQuery({ ...tokensQuery(slug), enabled: isAdmin });
  const mine = useQuery({ ...myTokensQuery(slug), enabled: !isAdmin });
  const tokens = (isAdmin ? all.data : mine.data) ?? [];
  return tokens.flatMap((token) =>
    token.expiresAt === null || token.expiresAt > now + EXPIRES_SOON_MS || !isActive(token, now)
      ? []
      : [
          {
            key: `token ${token.id}`,
            icon: Clock,
            isUrgent: false,
            content: (
              <>
                Token{" "}
                <Link
                  to="/w/$slug/tokens"
                  params={{ slug }}
                  search={{ view: isAdmin ? "all" : "mine", q: token.label }}
                  className="link underline"
                >
                  {escapeLine(token.label)}
                </Link>{" "}
                expires <TimeUntil at={token.expiresAt} />
              </>
            ),
          },
        ],
  );
}
