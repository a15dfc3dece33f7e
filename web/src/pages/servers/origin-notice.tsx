import { Suspense } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";
import { EntryLink } from "../requests/entry-link.tsx";

const OriginComparison = lazyComponent(() => import("./origin-comparison.tsx"), "OriginComparison");

type Origin = NonNullable<Server["origin"]>;

/** What has become of the entry since the server was made from it; null: nothing. */
function findChange({ version, entry }: Origin): "gone" | "deprecated" | "version" | null {
  if (entry === null) return "gone";
  if (entry.status === "deprecated") return "deprecated";
  return entry.version !== null && entry.version !== version ? "version" : null;
}

const BADGES = {
  gone: "Entry gone",
  deprecated: "Entry deprecated",
  version: "Entry has a new version",
};

/** A badge for a server whose entry of the marketplace has changed; nothing for others. */
export function OriginBadge({ origin }: Pick<Server, "origin">) {
  const change = origin && findChange(origin);
  if (!change) return null;
  return <Badge tone={change === "version" ? "accent" : "warn"}>{BADGES[change]}</Badge>;
}

/** Which entry of the marketplace a server was made from, and what has become of it. Nothing is changed by itself. */
export function OriginNotice({ slug, server }: { slug: string; server: Server }) {
  const { origin } = server;
  if (origin === null) return null;
  const { name, version, source, entry } = origin;
  const change = findChange(origin);
  if (change === "gone")
    return (
      <Notice tone="warn">
        The marketplace does not have the entry {escapeLine(name)} any more, from which this server
        was made: its sources have deleted it, or the operator has hidden it. The server stays as it
        is.
      </Notice>
    );
  const made = version === null ? "" : `, version ${escapeLine(version)}`;
  return (
    <>
      <p className="text-xs text-dim wrap-anywhere">
        From the marketplace: <EntryLink name={name} />
        {made} (source: {escapeLine(source)})
      </p>
      {change === "deprecated" && (
        <Notice tone="warn">
          Its entry in the marketplace is deprecated.{" "}
          {typeof entry?.statusMessage === "string" &&
            `The publisher says: “${escapeHidden(entry.statusMessage)}”`}
        </Notice>
      )}
      {entry !== null && entry.version !== null && entry.version !== version && (
        <NewVersion
          slug={slug}
          server={server}
          name={name}
          from={version}
          version={entry.version}
        />
      )}
    </>
  );
}

/** Tells of a newer version until an admin says that the server was compared with it. */
function NewVersion(props: {
  slug: string;
  server: Server;
  name: string;
  from: string | null;
  version: string;
}) {
  const { slug, server, name, from, version } = props;
  const canManage = useCan(slug, "server.manage");
  const confirm = useApiMutation({
    run: () =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, {
        origin: name,
      }),
    invalidate: [workspaceKey(slug, "servers")],
    onDone: () => showToast("Version noted"),
  });
  return (
    <Notice tone="info">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 basis-64">
          Its entry is at version {escapeLine(version)} now. Compare address and headers with{" "}
          <EntryLink name={name}>the entry</EntryLink>.
        </p>
        {canManage && (
          <Button size="sm" isBusy={confirm.isPending} onClick={() => confirm.mutate(undefined)}>
            Mark as compared
          </Button>
        )}
      </div>
      {from !== null && (
        <Suspense>
          <OriginComparison name={name} from={from} />
        </Suspense>
      )}
    </Notice>
  );
}
