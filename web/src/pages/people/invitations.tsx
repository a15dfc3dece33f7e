import { useQuery } from "@tanstack/react-query";
import { requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { invitationsQuery, keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";

/** Links that were made and not yet used. */
export function Invitations({ slug }: { slug: string }) {
  const invitations = useQuery(invitationsQuery(slug));
  const withdraw = useChange({
    run: (id: string) => requestNothing("DELETE", `/workspaces/${slug}/invitations/${id}`),
    refresh: [keyOf(slug, "invitations")],
    onDone: () => announce("Invitation withdrawn: its link no longer works"),
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
                    {memberName} <Badge>{role}</Badge>
                    <span className="block text-xs text-dim">
                      expires <Time at={expiresAt} />
                    </span>
                  </p>
                  <Button size="sm" isBusy={withdraw.isPending} onClick={() => withdraw.mutate(id)}>
                    Withdraw
                  </Button>
                </li>
              ))}
            </ul>
          </Section>
        )
      }
    </Loaded>
  );
}
