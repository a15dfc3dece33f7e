import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import type { Action } from "../../../workers/contract/api/people.ts";
import { useMay } from "../api/me.ts";
import { EmptyState } from "../ui/states.tsx";
import { useSlug } from "./use-slug.ts";

/** A page for those who may do something; others are told that they may not. */
export function Allowed({ action, children }: { action: Action; children: ReactNode }) {
  if (useMay(useSlug(), action)) return children;
  return (
    <EmptyState icon={Lock} title="You have no access to this page">
      <p>An owner or admin of this workspace can give it to you.</p>
    </EmptyState>
  );
}
