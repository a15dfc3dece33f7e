import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck } from "lucide-react";
import { useMay, useMe } from "../../api/me.ts";
import { healthQuery, membersQuery, ownTokensQuery } from "../../api/workspace.ts";
import { Section } from "../../ui/page.tsx";

/** What is left to do in a new workspace. Ticks itself off, and is gone when all is done. */
export function GettingStarted({ slug }: { slug: string }) {
  const { recoveryCodesLeft } = useMe();
  const mayAddServers = useMay(slug, "server.manage");
  const mayInvite = useMay(slug, "member.manage");
  const health = useQuery(healthQuery(slug));
  const members = useQuery({ ...membersQuery(slug), enabled: mayInvite });
  const tokens = useQuery(ownTokensQuery(slug));
  if (!health.data || !tokens.data || (mayInvite && !members.data)) return null;

  const steps = [
    mayAddServers && {
      to: "/w/$slug/servers/new" as const,
      label: "Add a server",
      isDone: health.data.items.length > 0,
    },
    mayInvite && {
      to: "/w/$slug/people" as const,
      label: "Invite a colleague",
      isDone: (members.data?.length ?? 0) > 1,
    },
    {
      to: "/w/$slug/tokens" as const,
      label: "Make a token",
      isDone: tokens.data.length > 0,
    },
    {
      to: "/w/$slug/tokens" as const,
      label: "Connect a client and call a tool",
      isDone: tokens.data.some(({ lastUsedAt }) => lastUsedAt !== null),
    },
    { to: "/account" as const, label: "Make recovery codes", isDone: recoveryCodesLeft > 0 },
  ].filter((step) => step !== false);
  const done = steps.filter(({ isDone }) => isDone).length;
  if (done === steps.length) return null;
  return (
    <Section
      title="Getting started"
      actions={<p className="text-xs text-dim">{`${done} of ${steps.length}`}</p>}
    >
      <ul className="grid gap-x-6 gap-y-1 p-3 sm:grid-cols-2">
        {steps.map(({ to, label, isDone }) => (
          <li key={label} className="flex h-8 items-center gap-2.5 px-1">
            {isDone ? (
              <CircleCheck className="size-4 text-ok" aria-label="Done" />
            ) : (
              <Circle className="size-4 text-dim" aria-label="To do" />
            )}
            {isDone ? (
              <span className="text-dim">{label}</span>
            ) : (
              <Link to={to} params={{ slug }} className="link">
                {label}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
