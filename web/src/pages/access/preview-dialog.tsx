import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import {
  AccessPreview,
  type AccessProposal,
} from "../../../../workers/contract/api/access-preview.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { refetch } from "../../api/refetch.ts";
import { request } from "../../api/request.ts";
import { membersQuery, workspaceKey, workspaceQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { listNames } from "./consequences.ts";

interface Props {
  slug: string;
  title: string;
  confirmLabel: string;
  /** Undefined: the dialog is closed. */
  proposal: AccessProposal | undefined;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Previews which tools each member would lose or gain by a change of access, and asks for confirmation. */
export function PreviewDialog(props: Props) {
  const { slug, title, confirmLabel, proposal, isBusy, onClose, onConfirm } = props;
  const client = useQueryClient();
  const isOpen = proposal !== undefined;
  // The page beside the dialog must not contradict it: neither while it is open, nor after Cancel.
  useEffect(() => {
    if (!isOpen) return;
    const readAgain = () => {
      void refetch(client, workspaceQuery(slug).queryKey);
      void refetch(client, membersQuery(slug).queryKey);
    };
    readAgain();
    return readAgain;
  }, [client, slug, isOpen]);
  const preview = useQuery({
    queryKey: workspaceKey(slug, "access-preview", proposal),
    queryFn: () => request(AccessPreview, "POST", `/workspaces/${slug}/access-preview`, proposal),
    enabled: isOpen,
    staleTime: 0,
  });
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={title}
      description="Effect on members with the present rules. Calls are those of the last 30 days."
      isWide
    >
      <Loaded query={preview}>{(data) => <AffectedMembers preview={data} />}</Loaded>
      <FormActions>
        <Button data-initial-focus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="primary" isBusy={isBusy} disabled={!preview.data} onClick={onConfirm}>
          {confirmLabel}
        </Button>
      </FormActions>
    </Dialog>
  );
}

type Entry = AccessPreview["members"][number];

function AffectedMembers({ preview }: { preview: AccessPreview }) {
  const { members, workspaceTokens } = preview;
  return (
    <div className="flex flex-col gap-3 text-sm">
      <Summary members={members} />
      {members.length > 0 && (
        <ul
          className="card max-h-96 divide-y divide-line overflow-y-auto"
          tabIndex={0}
          aria-label="Affected members"
        >
          {members.map((member) => (
            <AffectedMember key={member.memberId} member={member} />
          ))}
        </ul>
      )}
      {workspaceTokens.length > 0 && (
        <p className="text-xs text-dim">
          {pluralize(workspaceTokens.length, "workspace token keeps", "workspace tokens keep")}{" "}
          every tool: {listNames(workspaceTokens.map(({ label }) => ({ name: escapeLine(label) })))}
          .
        </p>
      )}
    </div>
  );
}

/** How many recent calls a change would have refused, and of how many people. */
function Summary({ members }: { members: Entry[] }) {
  const losing = members.filter(({ lostCount }) => lostCount > 0);
  const calling = losing.filter(({ calls }) => calls > 0);
  const calls = calling.reduce((sum, member) => sum + member.calls, 0);
  if (members.length === 0) return <p className="text-dim">No member’s access changes.</p>;
  if (losing.length === 0) return <p>No member loses a tool.</p>;
  const people = pluralize(losing.length, "person loses tools", "people lose tools");
  if (calling.length === 0)
    return <p>{people}. None of them called one of these tools in the last 30 days.</p>;
  return (
    <p>
      {people}.{" "}
      <strong className="font-semibold">
        {pluralize(calls, "recent call", "recent calls")} of{" "}
        {pluralize(calling.length, "person", "people")} would fail.
      </strong>
    </p>
  );
}

function AffectedMember({ member }: { member: Entry }) {
  const calledTools = member.lost.filter(({ calls, refused }) => calls + refused > 0);
  return (
    <li className="px-4 py-3">
      <p className="flex flex-wrap items-center gap-2">
        <span className="mr-auto font-medium">
          <DisplayName name={member.name} />
        </span>
        {member.lostCount > 0 && (
          <Badge tone="bad">{`Loses ${pluralize(member.lostCount, "tool")}`}</Badge>
        )}
        {member.gainedCount > 0 && (
          <Badge tone="ok">{`Gains ${pluralize(member.gainedCount, "tool")}`}</Badge>
        )}
        <span className="text-xs text-dim tabular-nums">
          {member.toolsBefore} → {member.toolsAfter}
        </span>
      </p>
      {member.calls > 0 && (
        <p className="mt-1 text-xs text-bad">{pluralize(member.calls, "call")} would fail</p>
      )}
      <ul className="mt-2 flex flex-col gap-1 text-xs empty:hidden">
        {calledTools.map(({ serverSlug, toolName, calls, refused }) => (
          <li key={`${serverSlug}:${toolName}`} className="flex justify-between gap-3">
            <code className="truncate font-mono">{escapeLine(`${serverSlug}:${toolName}`)}</code>
            <span className="shrink-0 text-dim">{describeUse(calls, refused)}</span>
          </li>
        ))}
      </ul>
      {member.lostServers.length > 0 && (
        <p className="mt-1 text-xs text-dim">
          Also loses the prompts and resources of {member.lostServers.join(", ")}.
        </p>
      )}
    </li>
  );
}

function describeUse(calls: number, refused: number): string {
  const attempts = pluralize(refused, "refused attempt");
  if (calls === 0) return attempts;
  const made = `${pluralize(calls, "call")} in 30 days`;
  return refused === 0 ? made : `${made}, ${attempts}`;
}
