import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck } from "lucide-react";
import { useCan, useMe } from "../../api/me.ts";
import { healthQuery, membersQuery, myTokensQuery, workspaceQuery } from "../../api/workspace.ts";
import { Section } from "../../ui/page.tsx";

/** Checklist for a new workspace. Checks completed steps and disappears after the last one. */
export function GettingStarted({ slug }: { slug: string }) {
  const { recoveryCodesLeft } = useMe();
  const canAddServers = useCan(slug, "server.manage");
  const canEditRules = useCan(slug, "rules.edit");
  const canInvite = useCan(slug, "member.manage");
  const health = useQuery(healthQuery(slug));
  const members = useQuery({ ...membersQuery(slug), enabled: canInvite });
  const tokens = useQuery(myTokensQuery(slug));
  const workspace = useQuery(workspaceQuery(slug));
  if (!health.data || !tokens.data || !workspace.data || (canInvite && !members.data)) return null;

  const isClosed = workspace.data.enforcement && workspace.data.defaultAccess === "closed";
  const steps = [
    canAddServers && {
      to: "/w/$slug/servers/new" as const,
      label: "Add a server",
      isDone: health.data.items.length > 0,
    },
    canEditRules &&
      isClosed && {
        to: "/w/$slug/access" as const,
        label: "Allow members to use servers",
        isDone: members.data?.some(({ rules }) => rules.length > 0) ?? false,
      },
    canInvite && {
      to: "/w/$slug/members" as const,
      label: "Invite a member",
      isDone: (members.data?.length ?? 0) > 1,
    },
    {
      to: "/w/$slug/tokens" as const,
      label: "Create a token",
      isDone: tokens.data.length > 0,
    },
    {
      to: "/w/$slug/tokens" as const,
      label: "Connect a client and call a tool",
      isDone: tokens.data.some(({ lastUsedAt }) => lastUsedAt !== null),
    },
    { to: "/account" as const, label: "Create recovery codes", isDone: recoveryCodesLeft > 0 },
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
