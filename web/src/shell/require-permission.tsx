import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import type { Action } from "../../../workers/contract/api/people.ts";
import { useCan } from "../api/me.ts";
import { EmptyState } from "../ui/states.tsx";
import { useWorkspaceSlug } from "./use-workspace-slug.ts";

/** Renders its children only if the signed-in user is allowed the action; otherwise an explanation. */
export function RequirePermission({ action, children }: { action: Action; children: ReactNode }) {
  if (useCan(useWorkspaceSlug(), action)) return children;
  return (
    <EmptyState icon={Lock} title="You don’t have access to this page">
      <p>Ask an owner or admin of this workspace for access.</p>
    </EmptyState>
  );
}
