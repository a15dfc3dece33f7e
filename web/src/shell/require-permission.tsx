import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import type { Action } from "../../../workers/contract/api/people.ts";
import { useMembership } from "../api/me.ts";
import { buttonClass } from "../ui/button.tsx";
import { DisplayName } from "../ui/display-name.tsx";
import { ROLE_LABELS } from "../ui/role-labels.ts";
import { EmptyState } from "../ui/states.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { useWorkspaceSlug } from "./use-workspace-slug.ts";

/** Renders its children only if the signed-in user is allowed the action; otherwise an explanation. */
export function RequirePermission({ action, children }: { action: Action; children: ReactNode }) {
  const membership = useMembership(useWorkspaceSlug());
  if (membership?.actions.includes(action)) return children;
  return <Forbidden />;
}

function Forbidden() {
  const title = "You don’t have access to this page";
  const slug = useWorkspaceSlug();
  const membership = useMembership(slug);
  useDocumentTitle(title);
  return (
    <EmptyState icon={Lock} title={title} isPage>
      {membership && (
        <p>
          Your role in <DisplayName name={membership.workspace.name} /> is{" "}
          {ROLE_LABELS[membership.role]}, which is not allowed to open it. Ask an owner or admin of
          this workspace for access.
        </p>
      )}
      <Link to="/w/$slug" params={{ slug }} className={buttonClass()}>
        Go to the overview
      </Link>
    </EmptyState>
  );
}
