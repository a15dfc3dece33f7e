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
                <b className="font-medium">{name}</b> loses {describeLoss(lostCount, lostServers)}.
                <Names title={`The tools that ${name} loses`} names={lost} count={lostCount} />
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
                {credential}, of the server {server}. The server is disabled until then if it is
                added, or if the value belongs into its URL.
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
      <ChangedTools tools={plan.tools} />
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

/** Says that the plan was made anew, because the workspace has changed. */
export function MovedNotice() {
  return (
    <Notice tone="warn">
      <p role="status">
        The workspace has changed since the plan was made, and nothing was applied. This is the plan
        for the workspace as it is now.
      </p>
    </Notice>
  );
}

/** What clients get otherwise of servers that stay. */
function ChangedTools({ tools }: { tools: ConfigurationPlan["tools"] }) {
  const { closed, closedCount, opened, openedCount, renamed, renamedCount } = tools;
  if (closedCount + openedCount + renamedCount === 0) return null;
  const names = renamed.map(({ tool, before, after }) => `${tool}: ${before} → ${after}`);
  return (
    <div>
      <p className="font-medium">Tools of servers that stay</p>
      <Names title="Closed by contract or change policy" names={closed} count={closedCount} />
      <Names title="Opened" names={opened} count={openedCount} />
      <Names title="With another name for clients" names={names} count={renamedCount} />
    </div>
  );
}

/** A list that opens, with its length. `names`: the first of them. */
function Names({ title, names, count }: { title: string; names: string[]; count: number }) {
  if (count === 0) return null;
  return (
    <details className="mt-1 text-xs">
      <summary className="cursor-pointer wrap-anywhere">
        {title} ({count})
      </summary>
      <ul className="mt-1 max-h-64 list-disc overflow-auto pl-5 font-mono">
        {names.map((name) => (
          <li key={name} className="wrap-anywhere">
            {name}
          </li>
        ))}
        {count > names.length && <li>{count - names.length} more</li>}
      </ul>
    </details>
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

function describeLoss(count: number, servers: string[]): string {
  const parts = [
    ...(count > 0 ? [count === 1 ? "one tool" : `${count} tools`] : []),
    ...(servers.length > 0 ? [`all of ${servers.join(", ")}`] : []),
  ];
  return parts.join(" and ");
}
