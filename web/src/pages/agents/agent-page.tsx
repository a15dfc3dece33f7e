import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import { agentsQuery } from "../../api/agents.ts";
import { useCan } from "../../api/me.ts";
import { membersQuery } from "../../api/workspace.ts";
import { NotFound } from "../../shell/not-found.tsx";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Fact } from "../../ui/fact.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Day } from "../../ui/time.tsx";
import { Instant } from "../tokens/instant.tsx";
import { AgentAccess } from "./agent-access.tsx";
import { AgentActions } from "./agent-actions.tsx";
import { STATE_ADVICE, StateBadge } from "./agent-state.tsx";
import { Refusals } from "./refusals.tsx";
import { RemoveAgent } from "./remove-agent.tsx";
import { TrustRules } from "./trust-rules.tsx";

const route = getRouteApi("/signed-in/w/$slug/members/$agent");

/** Page of one agent: its state, what it may call, whose tokens its workloads exchange, and its last refusals. */
export function AgentPage() {
  const { slug, agent: id } = route.useParams();
  return (
    <RequirePermission action="member.read">
      <Link
        to="/w/$slug/members"
        params={{ slug }}
        search={{ view: "agents" }}
        className="mb-2 inline-flex items-center gap-1 text-xs text-dim hover:text-ink"
      >
        <ChevronLeft className="size-3.5" aria-hidden />
        Agents
      </Link>
      <FoundAgent slug={slug} id={id} />
    </RequirePermission>
  );
}

function FoundAgent({ slug, id }: { slug: string; id: string }) {
  const agents = useQuery(agentsQuery(slug));
  return (
    <Loaded query={agents}>
      {(items) => {
        const agent = items.find((one) => one.id === id);
        return agent ? (
          <AgentDetail slug={slug} agent={agent} />
        ) : (
          <NotFound title="Agent not found">
            <p>This workspace has no such agent. It can have been removed.</p>
            <Link
              to="/w/$slug/members"
              params={{ slug }}
              search={{ view: "agents" }}
              className={buttonClass()}
            >
              Go to the agents
            </Link>
          </NotFound>
        );
      }}
    </Loaded>
  );
}

function AgentDetail({ slug, agent }: { slug: string; agent: Agent }) {
  const canManage = useCan(slug, "member.manage");
  return (
    <Page>
      <PageHeader
        documentTitle={agent.name}
        title={
          <>
            <DisplayName name={agent.name} />
            <StateBadge state={agent.state} />
          </>
        }
        actions={canManage && <AgentActions slug={slug} agent={agent} />}
      >
        A program with its own rules and its own calls in the audit log.
      </PageHeader>
      {agent.state !== "active" && <Notice tone="warn">{STATE_ADVICE[agent.state]}</Notice>}
      <AgentFacts slug={slug} agent={agent} />
      <TrustRules slug={slug} agent={agent} canManage={canManage} />
      <AgentAccess slug={slug} id={agent.id} />
      <Refusals slug={slug} agent={agent} />
      {canManage && <RemoveAgent slug={slug} agent={agent} />}
    </Page>
  );
}

function AgentFacts({ slug, agent }: { slug: string; agent: Agent }) {
  const member = useQuery(membersQuery(slug)).data?.find(({ id }) => id === agent.id);
  const search = { member: agent.id };
  return (
    <dl className="card grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-4">
      <Fact name="Owner">
        {agent.ownerName === null ? "Has left" : <DisplayName name={agent.ownerName} />}
      </Fact>
      <Fact name="End">{agent.endsAt === null ? "None" : <Day at={agent.endsAt} />}</Fact>
      <Fact name="Last call">
        <Link to="/w/$slug/audit" params={{ slug }} search={search} className="link">
          {member ? <Instant at={member.lastCallAt} none="Never" /> : "–"}
        </Link>
      </Fact>
      <Fact name="Changes of it">
        <Link
          to="/w/$slug/audit"
          params={{ slug }}
          search={{ tab: "events", object: `member:${agent.id}` }}
          className="link"
        >
          In the audit log
        </Link>
      </Fact>
    </dl>
  );
}
