import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Team } from "../../../../workers/contract/api/teams.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { TeamMembersDialog } from "./team-members-dialog.tsx";
import { TeamNameDialog } from "./team-name-dialog.tsx";

/** Names that a line shows; the others are counted. */
const MAX_NAMES = 8;

interface Props {
  slug: string;
  team: Team;
  people: WorkspaceMember[];
  mayEdit: boolean;
}

/** A team with who is in it. */
export function TeamItem({ slug, team, people, mayEdit }: Props) {
  const { name, memberIds, rules, managedBy } = team;
  const names = people.filter(({ id }) => memberIds.includes(id)).map((person) => person.name);
  const more = names.length - MAX_NAMES;
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={escapeLine(name)}>
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium wrap-anywhere">{escapeLine(name)}</span>
        {managedBy === "directory" && <Badge tone="accent">Directory</Badge>}
        <span className="text-xs text-dim">
          {pluralize(memberIds.length, "member")},{" "}
          <Link
            to="/w/$slug/access"
            params={{ slug }}
            search={{ of: "teams", q: name }}
            className="link underline"
          >
            {pluralize(rules.length, "rule")}
          </Link>
        </span>
      </p>
      {names.length > 0 && (
        <p className="text-sm wrap-anywhere">
          {names.slice(0, MAX_NAMES).map(escapeLine).join(", ")}
          {more > 0 && ` and ${more} more`}
        </p>
      )}
      {managedBy === "directory" && (
        <p className="text-xs text-dim">
          The company’s directory decides who is in it. Here, people can be taken out only.
        </p>
      )}
      {mayEdit && <Actions slug={slug} team={team} people={people} />}
    </li>
  );
}

function Actions({ slug, team, people }: Omit<Props, "mayEdit">) {
  const [open, setOpen] = useState<"members" | "name" | "delete" | null>(null);
  const close = () => setOpen(null);
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/teams/${team.id}`),
    invalidate: [workspaceKey(slug)],
    onDone: close,
  });
  const name = escapeLine(team.name);
  return (
    <div className="flex flex-wrap gap-2">
      <Button size="sm" onClick={() => setOpen("members")}>
        Members
      </Button>
      <Button size="sm" onClick={() => setOpen("name")}>
        Rename
      </Button>
      {team.managedBy === "people" && (
        <Button size="sm" variant="danger" onClick={() => setOpen("delete")}>
          Delete
        </Button>
      )}
      <TeamMembersDialog
        slug={slug}
        team={team}
        people={people}
        isOpen={open === "members"}
        onClose={close}
      />
      <TeamNameDialog slug={slug} team={team} isOpen={open === "name"} onClose={close} />
      <ConfirmDialog
        isOpen={open === "delete"}
        onClose={close}
        title={`Delete the team ${name}?`}
        confirmLabel="Delete"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
      >
        <p>
          {pluralize(team.memberIds.length, "member")} lose what{" "}
          {pluralize(team.rules.length, "rule")} of it {team.rules.length === 1 ? "says" : "say"}.
          Their own rules, and those of their other teams, stay.
        </p>
      </ConfirmDialog>
    </div>
  );
}
