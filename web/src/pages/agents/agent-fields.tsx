import { useQuery } from "@tanstack/react-query";
import { findFieldProblem } from "../../api/api-error.ts";
import { membersQuery } from "../../api/workspace.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";

/** What a person enters of an agent. `end`: the value of a date input; empty: no end. */
export interface AgentDraft {
  name: string;
  ownerId: string;
  end: string;
}

/** The fields of the body that `AgentFields` shows failures of. */
export const AGENT_FIELDS = ["name", "ownerId", "endsAt"] as const;

interface Props {
  slug: string;
  draft: AgentDraft;
  onChange: (draft: AgentDraft) => void;
  /** Why the API has refused the draft. */
  error: unknown;
}

/** Name, owner and end of an agent. */
export function AgentFields({ slug, draft, onChange, error }: Props) {
  const members = useQuery(membersQuery(slug)).data ?? [];
  const people = members.filter(({ agent }) => agent === null);
  const owners = people.map(({ id, name }) => ({ value: id, label: name }));
  const isGone = draft.ownerId !== "" && !people.some(({ id }) => id === draft.ownerId);
  return (
    <>
      <Field
        label="Name"
        hint="What it does, for example “Deploy”. It names its calls in the audit log."
        error={findFieldProblem(error, "name")}
      >
        <TextInput
          value={draft.name}
          autoFocus
          maxLength={120}
          onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
        />
      </Field>
      <Field
        label="Owner"
        hint="The person who answers for it. It ends when this person is removed from the workspace."
        error={findFieldProblem(error, "ownerId")}
      >
        <Select
          value={draft.ownerId}
          choices={[
            ...(isGone ? [{ value: draft.ownerId, label: "A person who has left" }] : []),
            ...owners,
          ]}
          onChange={(ownerId) => onChange({ ...draft, ownerId })}
        />
      </Field>
      <Field
        label="Ends after (optional)"
        hint="The last day on which it may call tools. Without one it does not end by itself."
        error={findFieldProblem(error, "endsAt")}
      >
        <TextInput
          type="date"
          value={draft.end}
          onChange={(event) => onChange({ ...draft, end: event.currentTarget.value })}
        />
      </Field>
    </>
  );
}
