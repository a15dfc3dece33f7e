import { useQuery } from "@tanstack/react-query";
import {
  AccessPreview,
  type AccessProposal,
} from "../../../../workers/contract/api/access-preview.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";

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
  const preview = useQuery({
    queryKey: workspaceKey(slug, "access-preview", proposal),
    queryFn: () => request(AccessPreview, "POST", `/workspaces/${slug}/access-preview`, proposal),
    enabled: proposal !== undefined,
    staleTime: 0,
  });
  return (
    <Dialog
      isOpen={proposal !== undefined}
      onClose={onClose}
      title={title}
      description="Effect on members with the current rules. Call counts cover the last 30 days."
      isWide
    >
      <Loaded query={preview}>{(data) => <AffectedMembers preview={data} />}</Loaded>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" isBusy={isBusy} disabled={!preview.data} onClick={onConfirm}>
          {confirmLabel}
        </Button>
      </FormActions>
    </Dialog>
  );
}

type Entry = AccessPreview["members"][number];

function AffectedMembers({ preview }: { preview: AccessPreview }) {
  if (preview.members.length === 0) return <p className="text-dim">No member’s access changes.</p>;
  return (
    <ul
      className="card max-h-96 divide-y divide-line overflow-y-auto"
      tabIndex={0}
      aria-label="Affected members"
    >
      {preview.members.map((member) => (
        <li key={member.memberId} className="px-4 py-3">
          <p className="flex flex-wrap items-center gap-2">
            <span className="mr-auto font-medium">{member.name}</span>
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
          <LostAccess member={member} />
        </li>
      ))}
    </ul>
  );
}

function LostAccess({ member }: { member: Entry }) {
  const calledTools = member.lost.filter(({ calls }) => calls > 0);
  return (
    <>
      {calledTools.length > 0 && (
        <ul className="mt-2 flex flex-col gap-1 text-xs">
          {calledTools.map(({ serverSlug, toolName, calls }) => (
            <li key={`${serverSlug}:${toolName}`} className="flex justify-between gap-3">
              <code className="truncate font-mono">{escapeLine(`${serverSlug}:${toolName}`)}</code>
              <span className="shrink-0 text-dim">{`${pluralize(calls, "call")} in 30 days`}</span>
            </li>
          ))}
        </ul>
      )}
      {member.lostCount > 0 && calledTools.length === 0 && (
        <p className="mt-1 text-xs text-dim">None of these tools was called in the last 30 days.</p>
      )}
      {member.lostServers.length > 0 && (
        <p className="mt-1 text-xs text-dim">
          Also loses the prompts and resources of {member.lostServers.join(", ")}.
        </p>
      )}
    </>
  );
}
