import { useQuery } from "@tanstack/react-query";
import { AccessPreview, type AccessProposal } from "../../../../workers/contract/api/people.ts";
import { request } from "../../api/request.ts";
import { keyOf } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { plural } from "../../ui/numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";

interface Props {
  slug: string;
  title: string;
  verb: string;
  /** Undefined: the dialog is closed. */
  proposal: AccessProposal | undefined;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Shows who would lose and gain what by a change of access, and asks whether to make it. */
export function PreviewDialog(props: Props) {
  const { slug, title, verb, proposal, isBusy, onClose, onConfirm } = props;
  const preview = useQuery({
    queryKey: keyOf(slug, "access-preview", proposal),
    queryFn: () => request(AccessPreview, "POST", `/workspaces/${slug}/access-preview`, proposal),
    enabled: proposal !== undefined,
    staleTime: 0,
  });
  return (
    <Dialog
      isOpen={proposal !== undefined}
      onClose={onClose}
      title={title}
      description="By the rules as they are, and the calls of the last 30 days."
      isWide
    >
      <Loaded query={preview}>{(data) => <Affected preview={data} />}</Loaded>
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" isBusy={isBusy} disabled={!preview.data} onClick={onConfirm}>
          {verb}
        </Button>
      </Actions>
    </Dialog>
  );
}

type Entry = AccessPreview["members"][number];

function Affected({ preview }: { preview: AccessPreview }) {
  if (preview.members.length === 0) return <p className="text-dim">Nothing changes for anybody.</p>;
  return (
    <ul
      className="card max-h-96 divide-y divide-line overflow-y-auto"
      tabIndex={0}
      aria-label="People for whom something changes"
    >
      {preview.members.map((member) => (
        <li key={member.memberId} className="px-4 py-3">
          <p className="flex flex-wrap items-center gap-2">
            <span className="mr-auto font-medium">{member.name}</span>
            {member.lostCount > 0 && (
              <Badge tone="bad">{`loses ${plural(member.lostCount, "tool")}`}</Badge>
            )}
            {member.gainedCount > 0 && (
              <Badge tone="ok">{`gains ${plural(member.gainedCount, "tool")}`}</Badge>
            )}
            <span className="text-xs text-dim tabular-nums">
              {member.toolsBefore} → {member.toolsAfter}
            </span>
          </p>
          <Lost member={member} />
        </li>
      ))}
    </ul>
  );
}

function Lost({ member }: { member: Entry }) {
  const used = member.lost.filter(({ calls }) => calls > 0);
  return (
    <>
      {used.length > 0 && (
        <ul className="mt-2 flex flex-col gap-1 text-xs">
          {used.map(({ serverSlug, toolName, calls }) => (
            <li key={`${serverSlug}:${toolName}`} className="flex justify-between gap-3">
              <code className="truncate font-mono">{`${serverSlug}:${toolName}`}</code>
              <span className="shrink-0 text-dim">{`${plural(calls, "call")} in 30 days`}</span>
            </li>
          ))}
        </ul>
      )}
      {member.lostCount > 0 && used.length === 0 && (
        <p className="mt-1 text-xs text-dim">None of them was called in the last 30 days.</p>
      )}
      {member.lostServers.length > 0 && (
        <p className="mt-1 text-xs text-dim">
          Also loses prompts and resources of {member.lostServers.join(", ")}.
        </p>
      )}
    </>
  );
}
