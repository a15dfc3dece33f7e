import { Link } from "@tanstack/react-router";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { Role } from "../../../../workers/contract/records/workspace.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { MixedScripts } from "../../ui/foreign-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { Instant } from "../tokens/instant.tsx";
import { StatusBadge, toStatus, STATUS_LABELS, type Person } from "./person-status.tsx";

type Settings = Pick<Workspace, "enforcement" | "defaultAccess">;

/** What a person may call, in short. */
export function describeRules(
  person: WorkspaceMember,
  { enforcement, defaultAccess }: Settings,
): string {
  if (person.suspendedAt !== null) return "Nothing: suspended";
  if (person.role === "auditor") return "Nothing: auditor";
  if (!enforcement) return "Everything: rules are off";
  if (!person.isRestricted)
    return defaultAccess === "open" ? "Everything by default" : "Nothing by default";
  return person.rules.length === 0 ? "Nothing: no rule" : pluralize(person.rules.length, "rule");
}

/** The columns of the table of people. `ownId`: the member of the signed-in user; undefined: none. */
export function makeColumns(
  slug: string,
  settings: Settings,
  ownId: string | undefined,
): DataColumn<Person>[] {
  return [
    {
      key: "name",
      header: "Person",
      width: "minmax(10rem,2fr)",
      sortBy: ({ name }) => name,
      onCard: true,
      cell: (person) => <NameCell slug={slug} person={person} isSelf={person.id === ownId} />,
    },
    {
      key: "role",
      header: "Role",
      width: "5rem",
      sortBy: ({ role }) => Role.options.indexOf(role),
      onCard: true,
      isSelfExplaining: true,
      cell: ({ role }) => ROLE_LABELS[role],
    },
    {
      key: "status",
      header: "Status",
      width: "minmax(6.5rem,1fr)",
      sortBy: (person) => STATUS_LABELS[toStatus(person)],
      onCard: true,
      isSelfExplaining: true,
      cell: (person) => <StatusBadge person={person} />,
    },
    rulesColumn(slug, settings),
    tokensColumn(slug),
    SEEN,
    callColumn(slug),
  ];
}

function rulesColumn(slug: string, settings: Settings): DataColumn<Person> {
  return {
    key: "rules",
    header: "Access",
    width: "minmax(10.5rem,1fr)",
    fromPx: 880,
    sortBy: (person) => describeRules(person, settings),
    cell: (person) => (
      <Link
        to="/w/$slug/access"
        params={{ slug }}
        search={{ q: person.name }}
        className="link relative z-10 block truncate"
      >
        {describeRules(person, settings)}
      </Link>
    ),
  };
}

function tokensColumn(slug: string): DataColumn<Person> {
  return {
    key: "tokens",
    header: "Tokens",
    width: "3.5rem",
    isNumber: true,
    fromPx: 760,
    sortBy: ({ tokens }) => tokens,
    cell: ({ name, tokens }) =>
      tokens === 0 ? (
        "0"
      ) : (
        <Link
          to="/w/$slug/tokens"
          params={{ slug }}
          search={{ view: "all", state: "active", q: name }}
          aria-label={`${pluralize(tokens, "token")} of ${name}`}
          className="link relative z-10"
        >
          {tokens}
        </Link>
      ),
  };
}

const SEEN: DataColumn<Person> = {
  key: "seen",
  header: "In the dashboard",
  width: "7.5rem",
  fromPx: 980,
  sortBy: ({ lastSeenAt }) => lastSeenAt,
  cell: ({ lastSeenAt }) => <Instant at={lastSeenAt} none="Never" />,
};

function callColumn(slug: string): DataColumn<Person> {
  return {
    key: "called",
    header: "Last call",
    width: "7rem",
    onCard: true,
    sortBy: ({ lastCallAt }) => lastCallAt,
    cell: ({ id, lastCallAt }) =>
      lastCallAt === null ? (
        "Never"
      ) : (
        <Link
          to="/w/$slug/audit"
          params={{ slug }}
          search={{ member: id }}
          className="link relative z-10"
        >
          <Instant at={lastCallAt} none="" />
        </Link>
      ),
  };
}

function NameCell(props: { slug: string; person: Person; isSelf: boolean }) {
  const { slug, person, isSelf } = props;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-2">
        <span className="max-w-full truncate font-medium text-ink" title={person.name}>
          {person.agent === null ? (
            <DisplayName name={person.name} />
          ) : (
            <Link
              to="/w/$slug/members/$agent"
              params={{ slug, agent: person.id }}
              className="link relative z-10"
            >
              <DisplayName name={person.name} />
            </Link>
          )}
        </span>
        <MixedScripts name={person.name} />
        {isSelf && <Badge>You</Badge>}
        {person.agent !== null && <Badge>Agent</Badge>}
        {person.isManaged && <Badge>Directory</Badge>}
      </p>
      {person.agent !== null && (
        <p className="truncate text-xs text-dim">
          {person.ownerName === null ? (
            "Its owner has left"
          ) : (
            <>
              Owner: <DisplayName name={person.ownerName} />
            </>
          )}
        </p>
      )}
      {person.email !== null && <p className="truncate text-xs text-dim">{person.email}</p>}
    </>
  );
}
