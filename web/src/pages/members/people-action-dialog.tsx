import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Member } from "../../../../workers/contract/api/resources.ts";
import { Role } from "../../../../workers/contract/records/workspace.ts";
import { meQuery, useCan } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { tokensQuery, workspaceKey } from "../../api/workspace.ts";
import { Field } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { Select } from "../../ui/select.tsx";
import { isActive } from "../tokens/is-active.ts";
import { EachDialog, type EachAction } from "./each-dialog.tsx";
import { canGiveRole, type PeopleAction } from "./people-actions.ts";
import type { Person } from "./person-status.tsx";
import { RemainingTokens } from "./remaining-tokens.tsx";

interface Props {
  slug: string;
  kind: Exclude<PeopleAction["kind"], "invite">;
  people: readonly Person[];
  onClose: (isDone: boolean) => void;
}

/** Asks for, and carries out, what is done for one or several people. */
export function PeopleActionDialog({ slug, kind, people, onClose }: Props) {
  const [role, setRole] = useState<Role>("member");
  const client = useQueryClient();
  const who =
    people.length === 1 ? (people[0]?.name ?? "") : pluralize(people.length, "person", "people");
  const path = (id: string) => `/workspaces/${slug}/members/${id}`;
  const revoke = async ({ id }: Person) => {
    // Read now: a list that is not loaded, or that lacks a new token, would leave tokens that work.
    const tokens = await client.fetchQuery({ ...tokensQuery(slug), staleTime: 0 });
    for (const token of tokens)
      if (token.memberId === id && isActive(token, Date.now()))
        await requestNoContent("DELETE", `/workspaces/${slug}/tokens/${token.id}`);
  };
  const actions: Record<Props["kind"], EachAction<Person>> = {
    role: {
      title: `Change the role of ${who}`,
      confirmLabel: "Change role",
      doneText: `${who}: the role is ${ROLE_LABELS[role]}`,
      isDangerous: false,
      text: <RoleField slug={slug} role={role} onChange={setRole} people={people} />,
      run: ({ id }) => request(Member, "PATCH", path(id), { role }),
    },
    suspend: {
      title: `Suspend ${who}?`,
      confirmLabel: "Suspend",
      doneText: `${who} suspended`,
      isDangerous: true,
      text: <SuspensionText slug={slug} people={people} />,
      run: ({ id }) => requestNoContent("PUT", `${path(id)}/suspension`, {}),
    },
    lift: {
      title: `Lift the suspension of ${who}?`,
      confirmLabel: "Lift suspension",
      doneText: `The suspension of ${who} is lifted`,
      isDangerous: false,
      text: <p>Their tokens work again, and they can open this workspace in the dashboard.</p>,
      run: ({ id }) => requestNoContent("DELETE", `${path(id)}/suspension`),
    },
    revoke: {
      title: `Revoke all tokens of ${who}?`,
      confirmLabel: "Revoke tokens",
      doneText: `Tokens of ${who} revoked`,
      isDangerous: true,
      text: (
        <p>
          {pluralize(countTokens(people), "token stops", "tokens stop")} working immediately. This
          cannot be undone.
        </p>
      ),
      run: revoke,
    },
    remove: {
      title: `Remove ${who}?`,
      confirmLabel: people.length === 1 ? "Remove member" : "Remove members",
      doneText: `${who} removed`,
      isDangerous: true,
      text: <RemovalText slug={slug} people={people} />,
      run: ({ id }) => requestNoContent("DELETE", path(id)),
    },
  };
  return (
    <EachDialog
      items={people}
      getName={({ name }) => name}
      action={actions[kind]}
      invalidate={[workspaceKey(slug), meQuery.queryKey]}
      onClose={onClose}
    />
  );
}

interface TextProps {
  slug: string;
  people: readonly Person[];
}

function SuspensionText({ slug, people }: TextProps) {
  return (
    <>
      <p>
        Calls in flight end, and the next calls with their tokens are refused, as is this workspace
        in the dashboard. Role, rules and tokens stay: you can lift the suspension.
      </p>
      <Remaining slug={slug} people={people} />
    </>
  );
}

function RemovalText({ slug, people }: TextProps) {
  return (
    <>
      <p>
        Their tokens stop working immediately, and their rules are deleted. Their calls stay in the
        audit log.
      </p>
      <Remaining slug={slug} people={people} />
    </>
  );
}

function Remaining({ slug, people }: TextProps) {
  return people.map((person) => <RemainingTokens key={person.id} slug={slug} member={person} />);
}

function countTokens(people: readonly Person[]): number {
  return people.reduce((sum, { tokens }) => sum + tokens, 0);
}

function RoleField(props: {
  slug: string;
  role: Role;
  onChange: (role: Role) => void;
  people: readonly Person[];
}) {
  const canManageOwners = useCan(props.slug, "owner.manage");
  const tokens = countTokens(props.people);
  const roles = Role.options.filter((role) => canGiveRole(role, canManageOwners));
  return (
    <>
      <Field label="Role" hint={ROLE_HINTS[props.role]}>
        <Select
          value={props.role}
          onChange={props.onChange}
          choices={roles.map((value) => ({ value, label: ROLE_LABELS[value] }))}
        />
      </Field>
      {props.role === "auditor" && tokens > 0 && (
        <Notice tone="warn">
          An auditor has no tokens: {pluralize(tokens, "token is", "tokens are")} revoked, which
          cannot be undone.
        </Notice>
      )}
      <p>They have to sign in again. An open invitation link becomes invalid.</p>
    </>
  );
}

/** What a role is allowed, in a sentence. */
const ROLE_HINTS: Record<Role, string> = {
  owner: "Can do everything, also change owners and delete the workspace.",
  admin: "Manages servers, people, rules and tokens.",
  auditor: "Reads everything, also who signed in. Changes nothing and calls no tools.",
  member: "Uses the tools that the rules allow.",
};
