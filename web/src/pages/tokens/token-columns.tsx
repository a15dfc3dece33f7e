import type { Token, WorkspaceToken } from "../../../../workers/contract/api/resources.ts";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { GrantName } from "./grant-name.tsx";
import { End, Instant } from "./instant.tsx";
import { isActive } from "./is-active.ts";
import { TokenName } from "./token-name.tsx";

/** A token in a list. `creator` is absent from a member's own list. */
export type ListedToken = Token & Partial<Pick<WorkspaceToken, "creator">>;

/** Whether the token works and someone who has left the workspace has seen its value. */
export function isKnownByLeaver(token: ListedToken, now: number): boolean {
  return token.creator?.hasLeft === true && isActive(token, now);
}

/** The columns of the table of tokens. `toOwnerName`: undefined in a member's own list. */
export function makeTokenColumns(
  now: number,
  toOwnerName: ((memberId: string | null) => string) | undefined,
): DataColumn<ListedToken>[] {
  const label: DataColumn<ListedToken> = {
    key: "label",
    header: "Token",
    width: "minmax(11rem,2fr)",
    onCard: true,
    sortBy: (token) => token.label,
    cell: (token) => {
      const suspended = token.suspendedAt !== null && token.revokedAt === null && (
        <Badge tone="bad">Suspended</Badge>
      );
      return token.client === null ? (
        <TokenName item={token} prefix="mng_">
          {suspended}
        </TokenName>
      ) : (
        <GrantName
          client={token.client}
          isAsserted={token.issuerId !== null}
          isRevoked={token.revokedAt !== null}
        >
          {suspended}
        </GrantName>
      );
    },
  };
  const owner: DataColumn<ListedToken>[] = toOwnerName
    ? [
        {
          key: "owner",
          header: "Owner",
          width: "minmax(6rem,1fr)",
          onCard: true,
          sortBy: ({ memberId }) => toOwnerName(memberId),
          cell: ({ memberId }) => (
            <span className="block truncate">
              <DisplayName name={toOwnerName(memberId)} />
            </span>
          ),
        },
        {
          key: "creator",
          header: "Created by",
          width: "minmax(6rem,1fr)",
          fromPx: 900,
          sortBy: ({ creator }) => creator?.name ?? null,
          cell: (token) => <Creator token={token} now={now} />,
        },
      ]
    : [];
  return [label, ...owner, ...USE];
}

const USE: DataColumn<ListedToken>[] = [
  {
    key: "client",
    header: "Last client",
    width: "minmax(7rem,1fr)",
    fromPx: 760,
    sortBy: ({ lastClientName }) => lastClientName,
    cell: ({ lastClientName, lastClientVersion }) => (
      <span className="block truncate">
        {lastClientName === null ? (
          "–"
        ) : (
          <DisplayName name={`${lastClientName} ${lastClientVersion ?? ""}`.trim()} />
        )}
      </span>
    ),
  },
  {
    key: "used",
    header: "Last used",
    width: "7rem",
    onCard: true,
    sortBy: ({ lastUsedAt }) => lastUsedAt,
    cell: ({ lastUsedAt }) => <Instant at={lastUsedAt} none="Never" />,
  },
  {
    key: "expires",
    header: "Expires",
    width: "6.5rem",
    sortBy: ({ expiresAt }) => expiresAt,
    cell: ({ expiresAt }) => <End at={expiresAt} none="Never" />,
  },
  {
    key: "tools",
    header: "Tools",
    width: "4.5rem",
    fromPx: 900,
    sortBy: ({ tools }) => tools?.length ?? null,
    cell: ({ tools }) => toToolsLabel(tools),
  },
];

function toToolsLabel(tools: string[] | null): string {
  if (tools === null) return "All";
  return tools.length === 0 ? "None" : pluralize(tools.length, "rule");
}

function Creator({ token, now }: { token: ListedToken; now: number }) {
  const name = token.creator?.name ?? null;
  return (
    <span className="flex flex-wrap items-center gap-x-1.5">
      <span className="max-w-full truncate">
        {name === null ? (token.creator?.id ?? "Not known") : <DisplayName name={name} />}
      </span>
      {isKnownByLeaver(token, now) && <Badge tone="warn">Has left</Badge>}
    </span>
  );
}
