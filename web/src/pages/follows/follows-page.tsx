import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { followsQuery } from "../../api/follows.ts";
import { useCan } from "../../api/me.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { FollowDialog } from "./follow-dialog.tsx";
import { FollowSection } from "./follow-section.tsx";

/** The registries that the workspace follows, with their plans. */
export function FollowsPage() {
  const slug = useWorkspaceSlug();
  const canManage = useCan(slug, "server.manage");
  const [isAdding, setIsAdding] = useState(false);
  const follows = useQuery(followsQuery(slug));
  return (
    <RequirePermission action="follow.read">
      <Page>
        <PageHeader
          title="Followed registries"
          actions={
            canManage && (
              <Button variant="primary" onClick={() => setIsAdding(true)}>
                Follow a registry
              </Button>
            )
          }
        >
          What a registry names within a pattern is kept as servers of this workspace, once an admin
          has approved the plan. New servers have no rules: members cannot call them before you
          allow it.
        </PageHeader>
        <Loaded query={follows}>
          {(items) =>
            items.length === 0 ? (
              <EmptyState title="No registry is followed" />
            ) : (
              items.map(({ id }) => <FollowSection key={id} slug={slug} id={id} />)
            )
          }
        </Loaded>
        <FollowDialog slug={slug} isOpen={isAdding} onClose={() => setIsAdding(false)} />
      </Page>
    </RequirePermission>
  );
}
