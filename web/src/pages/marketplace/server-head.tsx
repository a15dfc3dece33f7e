import { Link } from "@tanstack/react-router";
import { BadgeCheck } from "lucide-react";
import { Suspense } from "react";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { lazyComponent } from "../../load-code.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge } from "../../ui/page.tsx";
import { useDocumentTitle } from "../../ui/use-document-title.ts";
import type { CatalogueServer } from "./catalogue-server.ts";
import { LookAlikeNotice } from "./look-alike-mark.tsx";
import { Monogram } from "./monogram.tsx";
import { PublisherBadges } from "./publisher-badges.tsx";
import { ScoreChip } from "./score-chip.tsx";

// It shows nothing before it knows who is signed in.
const AddToWorkspace = lazyComponent(() => import("./add-to-workspace.tsx"), "AddToWorkspace");

/** Name, publisher, description and grade of a server, and whether it is deprecated. */
export function ServerHead({ server }: { server: CatalogueServer }) {
  const { name, publisher, description, sources } = server;
  const title = server.title ?? name.slice(publisher.length + 1);
  useDocumentTitle(title);
  const isOfficial = sources.some(({ source }) => source === "official");
  return (
    <header className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <Monogram title={title} publisher={publisher} isLarge />
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="flex flex-wrap items-center gap-2 text-xl! wrap-anywhere">
            <span className="line-clamp-3">
              <ForeignName name={title} />
            </span>
          </h1>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-dim">
            <span className="wrap-anywhere">
              by{" "}
              <Link
                to="/marketplace/publishers/$namespace"
                params={{ namespace: publisher }}
                className="link"
              >
                {publisher}
              </Link>
            </span>
            {isOfficial && (
              <Badge tone="accent">
                <BadgeCheck className="size-3.5" aria-hidden />
                Official registry
              </Badge>
            )}
            <PublisherBadges badges={server.badges} hostedBy={server.hostedBy} />
            <span className="inline-flex max-w-full items-center">
              <code className="min-w-0 font-mono text-xs wrap-anywhere">{name}</code>
              <CopyButton text={name} contentName="name" />
            </span>
          </p>
        </div>
        <ScoreChip server={server} />
      </div>
      <p className="max-w-3xl text-sm leading-6 wrap-anywhere">
        {description === null ? (
          <span className="text-dim italic">No source describes it.</span>
        ) : (
          escapeHidden(description)
        )}
      </p>
      <Deprecation {...server} />
      <LookAlikeNotice {...server} />
      <Suspense>
        <AddToWorkspace server={server} />
      </Suspense>
    </header>
  );
}

function Deprecation({ status, statusMessage }: CatalogueServer) {
  if (status !== "deprecated") return null;
  return (
    <Notice tone="warn">
      <p className="font-medium">This server is deprecated.</p>
      <p>
        {statusMessage === null
          ? "Its entry gives no reason."
          : `Its entry says: “${escapeHidden(statusMessage)}”`}
      </p>
    </Notice>
  );
}
