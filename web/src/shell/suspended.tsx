import { Lock } from "lucide-react";
import type { Membership } from "../../../workers/contract/api/people.ts";
import { DisplayName } from "../ui/display-name.tsx";
import { EmptyState } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";

/** In place of a workspace's pages, for a member who is suspended. */
export function Suspended({ membership }: { membership: Membership }) {
  const title = "Your access is suspended";
  useDocumentTitle(title);
  return (
    <EmptyState icon={Lock} title={title} isPage>
      <p>
        Your access to <DisplayName name={membership.workspace.name} /> was suspended{" "}
        <Time at={membership.suspendedAt ?? 0} />. Your tokens are refused. An owner or admin of the
        workspace can lift the suspension.
      </p>
    </EmptyState>
  );
}
