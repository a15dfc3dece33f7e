import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import type { Event } from "../../../../workers/contract/api/resources.ts";
import { refusedWorkloadsQuery } from "../../api/agents.ts";
import { useMe } from "../../api/me.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { Sentence } from "../audit/event-detail.tsx";

/** The last refusals of workloads' tokens of the issuers that an agent trusts. */
export function Refusals({ slug, agent }: { slug: string; agent: Agent }) {
  const refusals = useQuery(refusedWorkloadsQuery(slug));
  const issuers = new Set(agent.trustRules.map(({ issuer }) => issuer));
  return (
    <Section
      title="Refused workloads"
      hint="The first refusal of each minute, of any workload of the issuers above."
      actions={
        <Link
          to="/w/$slug/audit"
          params={{ slug }}
          search={{ tab: "events", action: "workload_token.refused" }}
          className="link text-sm"
        >
          All in the audit log
        </Link>
      }
    >
      <Loaded query={refusals} lines={1}>
        {(events) => (
          <RefusalList
            events={events.filter(({ detail }) => issuers.has(String(detail["issuer"])))}
          />
        )}
      </Loaded>
    </Section>
  );
}

function RefusalList({ events }: { events: Event[] }) {
  const ownId = useMe().user.id;
  if (events.length === 0) return <p className="p-4 text-sm text-dim">None.</p>;
  return (
    <ul className="divide-y divide-line">
      {events.map((event) => (
        <li key={event.id} className="px-4 py-2.5 text-sm wrap-anywhere">
          <Sentence event={event} ownId={ownId} />
          <span className="block text-xs text-dim">
            <Time at={event.occurredAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
