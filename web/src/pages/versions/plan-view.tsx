import type { ReactNode } from "react";
import type { ConfigurationPlan } from "../../../../workers/contract/versions/document.ts";
import { Notice } from "../../ui/notice.tsx";
import { Differences } from "./differences.tsx";

/** What a return, or the application of a document, changes: who loses what, what is left out, and the differences. */
export function PlanView({ plan }: { plan: ConfigurationPlan }) {
  const losing = plan.access.filter(
    ({ lostCount, lostServers }) => lostCount + lostServers.length > 0,
  );
  const gaining = plan.access.filter(({ gainedCount }) => gainedCount > 0);
  return (
    <div className="flex flex-col gap-4 text-sm text-ink">
      {losing.length > 0 && (
        <Notice tone="warn">
          <Lines title="Who loses what">
            {losing.map(({ memberId, name, lost, lostCount, lostServers }) => (
              <li key={memberId}>
                <b className="font-medium">{name}</b> loses{" "}
                {describeLoss(lostCount, lost, lostServers)}.
              </li>
            ))}
          </Lines>
        </Notice>
      )}
      {plan.needsCredentials.length > 0 && (
        <Notice tone="warn">
          <Lines title="Credentials to enter again">
            {plan.needsCredentials.map(({ server, credential }) => (
              <li key={`${server} ${credential}`}>
                {credential} of the server {server}. The server stays disabled if it is added.
              </li>
            ))}
          </Lines>
        </Notice>
      )}
      {plan.notApplied.length > 0 && (
        <Notice tone="info">
          <Lines title="Not changed">
            {plan.notApplied.map(({ name, reason }) => (
              <li key={`${name} ${reason}`}>
                <b className="font-medium">{name}</b>: {reason}
              </li>
            ))}
          </Lines>
        </Notice>
      )}
      <p className="text-dim">
        Revoked tokens stay revoked, removed people stay removed, and sign-ins at servers are not
        made again. Stops, suspensions and blocked clients are unchanged.
      </p>
      {gaining.length > 0 && (
        <p>
          {gaining.map(({ name, gainedCount }) => `${name} gains ${gainedCount}`).join(", ")}{" "}
          {gaining.length === 1 && gaining[0]?.gainedCount === 1 ? "tool" : "tools"}.
        </p>
      )}
      <Differences differences={plan.changes} />
    </div>
  );
}

function Lines({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <p className="font-medium">{title}</p>
      <ul className="mt-1 list-disc pl-4">{children}</ul>
    </>
  );
}

function describeLoss(count: number, lost: string[], servers: string[]): string {
  const more = count - lost.length;
  const tools = [...lost, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const parts = [
    ...(count > 0 ? [`${count === 1 ? "one tool" : `${count} tools`} (${tools})`] : []),
    ...(servers.length > 0 ? [`all of ${servers.join(", ")}`] : []),
  ];
  return parts.join(" and ");
}
