import type { Role } from "../../../../workers/contract/records/workspace.ts";
import type { RowAction } from "../../ui/row-actions.tsx";
import type { Person } from "./person-status.tsx";

/** Something that can be done for people. */
export type PeopleAction = RowAction<
  "role" | "suspend" | "lift" | "revoke" | "invite" | "remove",
  Person
>;

/** Whether the signed-in user can give this role, and change people who have it. */
export function canGiveRole(role: Role, canManageOwners: boolean): boolean {
  return canManageOwners || (role !== "owner" && role !== "auditor");
}

/** The actions for people, in the order of menus. `ownId`: the member of the signed-in user. */
export function listPeopleActions(
  canManageOwners: boolean,
  ownId: string | undefined,
): PeopleAction[] {
  const mayChange = ({ role }: Person) => canGiveRole(role, canManageOwners);
  return [
    {
      kind: "role",
      label: "Change role…",
      bulkLabel: "Change role",
      isFor: (person) => person.agent === null && mayChange(person),
    },
    {
      kind: "invite",
      label: "Create invitation link…",
      bulkLabel: "Invite again",
      isFor: (person) => person.userId === null && person.agent === null && mayChange(person),
    },
    {
      kind: "lift",
      label: "Lift suspension…",
      bulkLabel: "Lift suspension",
      isFor: (person) => person.suspendedAt !== null && mayChange(person),
    },
    {
      kind: "revoke",
      label: "Revoke tokens…",
      bulkLabel: "Revoke tokens",
      isFor: ({ tokens }) => tokens > 0,
      isDangerous: true,
    },
    {
      kind: "suspend",
      label: "Suspend…",
      bulkLabel: "Suspend",
      isFor: (person) => person.suspendedAt === null && person.id !== ownId && mayChange(person),
      isDangerous: true,
    },
    {
      kind: "remove",
      label: "Remove member",
      bulkLabel: "Remove",
      isFor: mayChange,
      isDangerous: true,
    },
  ];
}
