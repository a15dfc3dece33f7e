import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck, X } from "lucide-react";
import { GettingStarted as Steps } from "../../../../workers/contract/api/getting-started.ts";
import { useCan, useMe } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { IconButton } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { showErrorToast } from "../../ui/toast.ts";

const toPath = (slug: string) => `/workspaces/${slug}/me/getting-started`;

const stepsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "me", "getting-started"),
    queryFn: () => request(Steps, "GET", toPath(slug)),
    // The first call of a client is seen without a reload.
    refetchInterval: ({ state }) => (state.data && !state.data.clientCalled ? 15_000 : false),
  });

/** The first steps in a workspace. The list disappears when all are done, or when the member dismisses it. */
export function GettingStarted({ slug }: { slug: string }) {
  const { data } = useQuery(stepsQuery(slug));
  const steps = useSteps(slug, data);
  const client = useQueryClient();
  const dismissal = useMutation({
    mutationFn: () => request(Steps, "PATCH", toPath(slug), { isDismissed: true }),
    onSuccess: (next) => client.setQueryData(stepsQuery(slug).queryKey, next),
    onError: showErrorToast,
  });
  const done = steps.filter(({ isDone }) => isDone).length;
  if (!data || data.isDismissed || done === steps.length) return null;
  return (
    <Section
      title="Getting started"
      actions={
        <div className="-my-1 flex items-center gap-1">
          <p className="text-xs text-dim">{`${done} of ${steps.length}`}</p>
          <IconButton
            label="Dismiss getting started"
            disabled={dismissal.isPending}
            onClick={() => dismissal.mutate()}
          >
            <X className="size-4" aria-hidden />
          </IconButton>
        </div>
      }
    >
      <ul className="grid gap-x-6 gap-y-1 p-3 sm:grid-cols-2">
        {steps.map(({ to, label, isDone }) => (
          <li key={label} className="flex min-h-8 items-center gap-2.5 px-1">
            {isDone ? (
              <CircleCheck className="size-4 shrink-0 text-ok" aria-label="Done" />
            ) : (
              <Circle className="size-4 shrink-0 text-dim" aria-label="To do" />
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

/** The steps that the member can take: of the workspace for those who manage it, else with the own tokens. */
function useSteps(slug: string, data: Steps | undefined) {
  const { recoveryCodesLeft } = useMe();
  const canAddServers = useCan(slug, "server.manage");
  const canEditRules = useCan(slug, "rules.edit");
  const canInvite = useCan(slug, "member.manage");
  if (!data) return [];
  const steps = [
    canAddServers && {
      to: "/w/$slug/servers/new" as const,
      label: "Add a server",
      isDone: data.serverAdded,
    },
    canInvite && {
      to: "/w/$slug/members" as const,
      label: "Invite a person",
      isDone: data.memberInvited,
    },
    canEditRules && {
      to: "/w/$slug/access" as const,
      label: "Allow members to use servers",
      isDone: data.accessGiven,
    },
    {
      to: "/w/$slug/connect" as const,
      label: "Connect a client",
      isDone: data.tokenCreated,
    },
    {
      to: "/w/$slug/connect" as const,
      label: "Call a tool from a client",
      isDone: data.clientCalled,
    },
    { to: "/account" as const, label: "Create recovery codes", isDone: recoveryCodesLeft > 0 },
  ];
  return steps.filter((step) => step !== false);
}
