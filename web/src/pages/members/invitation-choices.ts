import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { useCan } from "../../api/me.ts";
import type { Choice } from "../../ui/select.tsx";
import { canGiveRole } from "./people-actions.ts";

const ROLES: Choice<Role>[] = [
  { value: "member", label: "Member: can use tools" },
  { value: "admin", label: "Admin: can manage the workspace" },
  { value: "auditor", label: "Auditor: can read everything" },
  { value: "owner", label: "Owner: can do everything" },
];

/** The lifetimes of an invitation link, in hours. */
export const EXPIRIES = [
  { value: "24", label: "1 day" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
  { value: "720", label: "30 days" },
] as const;

/** The roles that the signed-in user can give. */
export function useRoleChoices(slug: string): Choice<Role>[] {
  const canManageOwners = useCan(slug, "owner.manage");
  return ROLES.filter(({ value }) => canGiveRole(value, canManageOwners));
}
