import { useQuery } from "@tanstack/react-query";
import { PrefixPreview, type Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { formatCount, pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";

interface Props {
  slug: string;
  server: Server;
  prefix: string | null;
  isOpen: boolean;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** More names are counted. */
const SHOWN_PEOPLE = 5;

/** Shows the names that clients see before and after a change of prefix, and who has called them. */
export function PrefixDialog(props: Props) {
  const { slug, server, prefix, isOpen, isBusy, onClose, onConfirm } = props;
  const preview = useQuery({
    queryKey: workspaceKey(slug, "servers", server.slug, "prefix-preview", prefix),
    queryFn: () =>
      request(PrefixPreview, "POST", `/workspaces/${slug}/servers/${server.slug}/prefix-preview`, {
        prefix,
      }),
    enabled: isOpen,
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Change the tool prefix of ${escapeLine(server.name)}?`}
      confirmLabel="Change prefix"
      // The consequences come first.
      isBusy={isBusy || preview.isPending}
      onConfirm={onConfirm}
    >
      <Loaded query={preview}>{(data) => <Consequences preview={data} />}</Loaded>
    </ConfirmDialog>
  );
}

function Consequences({ preview: { items, people } }: { preview: PrefixPreview }) {
  if (items.length === 0) return <p>No name changes for clients: the server lists no tools yet.</p>;
  const calls = people.reduce((sum, person) => sum + person.calls, 0);
  return (
    <>
      <Notice tone="warn">
        <p>
          {pluralize(items.length, "name")} of tools and prompts{" "}
          {items.length === 1 ? "changes" : "change"} for every client. Prompts, scripts and allow
          lists that use the old names stop working.
        </p>
        <p className="mt-1.5">
          {calls === 0
            ? "They were not called in the last 30 days."
            : `They were called ${pluralize(calls, "time")} in the last 30 days: ${listPeople(people)}.`}
        </p>
      </Notice>
      <div
        className="max-h-64 overflow-auto rounded-md border border-line"
        tabIndex={0}
        role="region"
        aria-label="Changed names"
      >
        <table className="table-grid w-full text-xs">
          <thead className="sticky top-0 bg-raised">
            <tr>
              <th scope="col">Old name</th>
              <th scope="col">New name</th>
              <th scope="col" className="text-right!">
                Calls
              </th>
            </tr>
          </thead>
          <tbody className="font-mono">
            {items.map(({ kind, before, after, calls: count }) => (
              <tr key={`${kind} ${before}`}>
                <td className="py-1.5! wrap-anywhere">{before}</td>
                <td className="py-1.5! wrap-anywhere text-ink">{after}</td>
                <td className="py-1.5! text-right tabular-nums">{formatCount(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function listPeople(people: PrefixPreview["people"]): string {
  const shown = people.slice(0, SHOWN_PEOPLE).map(({ memberId, name, calls }) => {
    const who = memberId === null ? "workspace tokens" : escapeLine(name ?? "a removed member");
    return `${who} (${formatCount(calls)})`;
  });
  const more = people.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
