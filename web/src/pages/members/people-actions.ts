import type { Person } from "./person-status.tsx";

/** Something that can be done for people. */
export interface PeopleAction {
  kind: "role" | "suspend" | "lift" | "revoke" | "invite" | "remove";
  label: string;
  isDangerous?: boolean;
  /** Whether it can be done for this person. */
  isFor: (person: Person) => boolean;
}

/** The actions for people, in the order of menus. `ownId`: the member of the signed-in user. */
export function listPeopleActions(canManageOwners: boolean, ownId: string | undefined) {
  const mayChange = ({ role }: Person) =>
    canManageOwners || (role !== "owner" && role !== "auditor");
  const actions: PeopleAction[] = [
    { kind: "role", label: "Change role…", isFor: mayChange },
    {
      kind: "invite",
      label: "Create invitation link…",
      isFor: (person) => person.userId === null && mayChange(person),
    },
    {
      kind: "lift",
      label: "Lift suspension…",
      isFor: (person) => person.suspendedAt !== null && mayChange(person),
    },
    {
      kind: "revoke",
      label: "Revoke tokens…",
      isFor: ({ tokens }) => tokens > 0,
      isDangerous: true,
    },
    {
      kind: "suspend",
      label: "Suspend…",
      isFor: (person) => person.suspendedAt === null && person.id !== ownId && mayChange(person),
      isDangerous: true,
    },
    { kind: "remove", label: "Remove member", isFor: mayChange, isDangerous: true },
  ];
  return actions;
}
