import type { Role } from "../../../workers/contract/records/workspace.ts";

/** Display labels of workspace roles. */
export const ROLE_LABELS: Record<Role, string> = {
  owner: "Owner",
  admin: "Admin",
  auditor: "Auditor",
  member: "Member",
};
