import { useQuery } from "@tanstack/react-query";
import { useCan } from "../../api/me.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { invitationsQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { Loaded } from "../../ui/states.tsx";
import { TimeUntil } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

/** List of open invitations. */
export function Invitations({ slug }: { slug: string }) {
  const invitations = useQuery(invitationsQuery(slug));
  const canManage = useCan(slug, "member.manage");
  const withdraw = useApiMutation({
    run: (id: string) => requestNoContent("DELETE", `/workspaces/${slug}/invitations/${id}`),
    invalidate: [workspaceKey(slug, "invitations")],
    onDone: () => showToast("Invitation withdrawn. Its link no longer works."),
  });
  return (
    <Loaded query={invitations} lines={1}>
      {(items) =>
        items.length > 0 && (
          <Section title="Open invitations">
            <ul className="divide-y divide-line">
              {items.map(({ id, memberName, role, expiresAt }) => (
                <li key={id} className="flex items-center gap-3 px-4 py-3">
                  <p className="min-w-0 flex-1">
                    {memberName} <Badge>{ROLE_LABELS[role]}</Badge>
                    <span className="block text-xs text-dim">
                      Expires <TimeUntil at={expiresAt} />
                    </span>
                  </p>
                  {canManage && (
                    <Button
                      size="sm"
                      isBusy={withdraw.isPending}
                      onClick={() => withdraw.mutate(id)}
                    >
                      Withdraw
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </Section>
        )
      }
    </Loaded>
  );
}
