import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot } from "lucide-react";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import { agentsQuery } from "../../api/agents.ts";
import { membersQuery } from "../../api/workspace.ts";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Day } from "../../ui/time.tsx";
import { Instant } from "../tokens/instant.tsx";
import { STATE_LABELS, StateBadge } from "./agent-state.tsx";

interface Props {
  slug: string;
  q: string;
  sort: string | undefined;
  onSearch: (q: string | undefined) => void;
  onSort: (sort: string | undefined) => void;
}

type Row = Agent & { lastCallAt: number | null };

/** The agents of a workspace with their owners, ends and last calls. */
export function AgentList({ slug, q, sort, onSearch, onSort }: Props) {
  const agents = useQuery(agentsQuery(slug));
  const members = useQuery(membersQuery(slug));
  const calls = new Map(members.data?.map(({ id, lastCallAt }) => [id, lastCallAt]));
  const wanted = q.toLowerCase();
  return (
    <div className="flex flex-col gap-3">
      <SearchInput label="Search by name or owner" value={q} onChange={onSearch} />
      <section className="card">
        <Loaded query={agents}>
          {(items) => (
            <DataTable
              label="Agents"
              rows={items
                .filter(({ name, ownerName }) =>
                  `${name} ${ownerName ?? ""}`.toLowerCase().includes(wanted),
                )
                .map((agent) => ({ ...agent, lastCallAt: calls.get(agent.id) ?? null }))}
              columns={makeColumns(slug)}
              getId={({ id }) => id}
              getName={({ name }) => name}
              sort={sort}
              onSort={onSort}
              empty={items.length === 0 ? <NoAgents /> : <EmptyState title="No matching agents" />}
            />
          )}
        </Loaded>
      </section>
    </div>
  );
}

function NoAgents() {
  return (
    <EmptyState icon={Bot} title="No agents yet">
      <p>
        An agent is a program that calls tools by itself, such as a job of a CI pipeline or a
        service in a cluster. It needs no stored secret: a trust rule says whose tokens its
        workloads exchange for access.
      </p>
    </EmptyState>
  );
}

function makeColumns(slug: string): DataColumn<Row>[] {
  return [
    {
      key: "name",
      header: "Agent",
      width: "minmax(9rem,2fr)",
      sortBy: ({ name }) => name,
      onCard: true,
      cell: ({ id, name }) => (
        <Link
          to="/w/$slug/members/$agent"
          params={{ slug, agent: id }}
          className="block truncate font-medium text-ink after:absolute after:inset-0"
        >
          <DisplayName name={name} />
        </Link>
      ),
    },
    {
      key: "owner",
      header: "Owner",
      width: "minmax(7rem,1fr)",
      sortBy: ({ ownerName }) => ownerName,
      onCard: true,
      cell: ({ ownerName }) => (
        <span className="block truncate">
          {ownerName === null ? "Has left" : <DisplayName name={ownerName} />}
        </span>
      ),
    },
    {
      key: "state",
      header: "State",
      width: "8.5rem",
      sortBy: ({ state }) => STATE_LABELS[state],
      onCard: true,
      isSelfExplaining: true,
      cell: ({ state }) => <StateBadge state={state} />,
    },
    {
      key: "rules",
      header: "Trust rules",
      width: "5rem",
      isNumber: true,
      fromPx: 760,
      sortBy: ({ trustRules }) => trustRules.length,
      cell: ({ trustRules }) => trustRules.length,
    },
    {
      key: "end",
      header: "End",
      width: "7rem",
      fromPx: 680,
      sortBy: ({ endsAt }) => endsAt,
      cell: ({ endsAt }) => (endsAt === null ? "None" : <Day at={endsAt} />),
    },
    {
      key: "called",
      header: "Last call",
      width: "7rem",
      onCard: true,
      sortBy: ({ lastCallAt }) => lastCallAt,
      cell: ({ lastCallAt }) => <Instant at={lastCallAt} none="Never" />,
    },
  ];
}
