import { useState } from "react";
import { Team } from "../../../../workers/contract/api/teams.ts";
import { findFieldProblem } from "../../api/api-error.ts";
import { request } from "../../api/request.ts";
import { teamsQuery } from "../../api/teams.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { showToast } from "../../ui/toast.ts";

interface Props {
  slug: string;
  /** The team to rename; null: a new one. */
  team: Team | null;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks for the name of a new team, or the new name of one. */
export function TeamNameDialog(props: Props) {
  const { team, isOpen, onClose } = props;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={team ? "Rename the team" : "Create a team"}>
      {isOpen && <NameForm {...props} />}
    </Dialog>
  );
}

function NameForm({ slug, team, onClose }: Props) {
  const [name, setName] = useState(team?.name ?? "");
  const save = useApiMutation({
    run: () =>
      team
        ? request(Team, "PATCH", `/workspaces/${slug}/teams/${team.id}`, { name })
        : request(Team, "POST", `/workspaces/${slug}/teams`, { name }),
    invalidate: [teamsQuery(slug).queryKey],
    fields: ["name"],
    onDone: () => {
      showToast(team ? "Team renamed" : "Team created");
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Field label="Name" error={findFieldProblem(save.error, "name")}>
        <TextInput
          value={name}
          required
          autoFocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={save.isPending}
          disabled={name.trim() === "" || name === team?.name}
        >
          {team ? "Rename" : "Create"}
        </Button>
      </FormActions>
    </form>
  );
}
