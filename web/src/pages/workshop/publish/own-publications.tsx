import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Publication } from "../../../../../workers/contract/api/marketplace-publishing.ts";
import { toServerPage } from "../../../../../workers/contract/dashboard-pages.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { MARKETPLACE_KEY } from "../../../api/curation.ts";
import { ownPublicationsQuery, setPublicationStatus } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Badge, Section } from "../../../ui/page.tsx";
import { RowMenu } from "../../../ui/row-menu.tsx";
import { EmptyState, Loaded } from "../../../ui/states.tsx";
import { Time } from "../../../ui/time.tsx";
import { DeprecateDialog } from "./deprecate-dialog.tsx";
import { HandOnDialog } from "./hand-on-dialog.tsx";

const HANDED_ON = {
  accepted: { tone: "ok", label: "In the official registry" },
  refused: { tone: "bad", label: "Refused by the official registry" },
  unreachable: { tone: "warn", label: "Official registry not reached" },
} as const;

/** The versions that the person has published, with what can be done with them. */
export function OwnPublications() {
  const query = useQuery(ownPublicationsQuery);
  return (
    <Section title="What you have published">
      <Loaded query={query} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="You have published nothing yet" />
          ) : (
            <ul className="divide-y divide-line">
              {items.map((item) => (
                <Row key={`${item.name} ${item.version}`} item={item} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Row({ item }: { item: Publication }) {
  const { name, version, status, statusMessage, publishedAt, handedOn } = item;
  const [dialog, setDialog] = useState<"hand-on" | "deprecate" | null>(null);
  const close = () => setDialog(null);
  const setStatus = useApiMutation({
    run: (next: Publication["status"]) => setPublicationStatus(name, { status: next }),
    invalidate: [ownPublicationsQuery.queryKey, MARKETPLACE_KEY],
  });
  const shown = handedOn && HANDED_ON[handedOn.state];
  return (
    <li className="flex items-start justify-between gap-3 p-4 text-sm">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          <Link
            className="link font-mono text-xs wrap-anywhere"
            to="/marketplace/$namespace/$name"
            params={toServerPage(name)}
          >
            {name}
          </Link>
          <span>{escapeLine(version)}</span>
          {status !== "active" && <Badge tone="warn">{status}</Badge>}
          {shown && <Badge tone={shown.tone}>{shown.label}</Badge>}
        </p>
        <p className="mt-1 text-xs text-dim wrap-anywhere">
          Published <Time at={publishedAt} />
          {statusMessage !== null && `. ${escapeLine(statusMessage)}`}
          {handedOn && handedOn.state !== "accepted" && `. ${escapeLine(handedOn.message)}`}
        </p>
      </div>
      <RowMenu
        label={`Actions for ${name} ${version}`}
        items={[
          ...(handedOn?.state === "accepted"
            ? []
            : [{ label: "Hand on to the official registry", choose: () => setDialog("hand-on") }]),
          ...(status === "active"
            ? [{ label: "Deprecate the server", choose: () => setDialog("deprecate") }]
            : [{ label: "Restore the server", choose: () => setStatus.mutate("active") }]),
          ...(status === "deleted"
            ? []
            : [
                {
                  label: "Delete the server",
                  isDangerous: true,
                  choose: () => setStatus.mutate("deleted"),
                },
              ]),
        ]}
      />
      <HandOnDialog item={item} isOpen={dialog === "hand-on"} onClose={close} />
      <DeprecateDialog name={name} isOpen={dialog === "deprecate"} onClose={close} />
    </li>
  );
}
