import { useState } from "react";
import { Team } from "../../../../workers/contract/api/teams.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { LabelledCheckbox } from "../../ui/checkbox.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { showToast } from "../../ui/toast.ts";

/** People that the list shows at once; a search finds the others. */
const MAX_SHOWN = 100;

interface Props {
  slug: string;
  team: Team;
  people: WorkspaceMember[];
  isOpen: boolean;
  onClose: () => void;
}

/** Chooses who is in a team. Into a team of the directory, people can put no one. */
export function TeamMembersDialog(props: Props) {
  const { team, isOpen, onClose } = props;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={`Members of ${escapeLine(team.name)}`}>
      {isOpen && <MembersForm {...props} />}
    </Dialog>
  );
}

function MembersForm({ slug, team, people, onClose }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(team.memberIds));
  const [q, setQ] = useState("");
  const add = [...chosen].filter((id) => !team.memberIds.includes(id));
  const remove = team.memberIds.filter((id) => !chosen.has(id));
  const save = useApiMutation({
    run: () =>
      request(Team, "PATCH", `/workspaces/${slug}/teams/${team.id}/members`, { add, remove }),
    invalidate: [workspaceKey(slug, "teams"), workspaceKey(slug, "members")],
    onDone: () => {
      showToast("Members saved");
      onClose();
    },
  });
  const candidates =
    team.managedBy === "directory"
      ? people.filter(({ id }) => team.memberIds.includes(id))
      : people;
  const wanted = q.toLowerCase();
  const found = candidates.filter(({ name, email }) =>
    `${name} ${email ?? ""}`.toLowerCase().includes(wanted),
  );
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <SearchInput label="Search people" value={q} onChange={(next) => setQ(next ?? "")} />
      <ul className="flex max-h-80 flex-col gap-2 overflow-y-auto p-1" aria-label="People">
        {found.slice(0, MAX_SHOWN).map(({ id, name, email }) => (
          <li key={id}>
            <LabelledCheckbox
              className="text-sm"
              isChecked={chosen.has(id)}
              onChange={() => toggle(id)}
            >
              {escapeLine(name)}
              {email !== null && <span className="text-xs text-dim"> {email}</span>}
            </LabelledCheckbox>
          </li>
        ))}
      </ul>
      {found.length > MAX_SHOWN && (
        <p className="text-xs text-dim">{found.length - MAX_SHOWN} more: search for them.</p>
      )}
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={save.isPending}
          disabled={add.length + remove.length === 0}
        >
          Save
        </Button>
      </FormActions>
    </form>
  );
}
