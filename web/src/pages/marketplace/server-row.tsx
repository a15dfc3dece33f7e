import { Link } from "@tanstack/react-router";
import { BadgeCheck, Container, Globe, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import type { ServerSummary } from "../../../../workers/contract/api/marketplace.ts";
import { toServerPage } from "../../../../workers/contract/dashboard-pages.ts";
import { TRANSPORTS } from "../../../../workers/contract/marketplace/facets.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { MixedScripts } from "../../ui/foreign-name.tsx";
import { Badge } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { TRANSPORT_LABELS } from "./filters.ts";
import { GradeChip } from "./grade-chip.tsx";
import { LookAlikeBadge } from "./look-alike-mark.tsx";
import { Monogram } from "./monogram.tsx";

/** What each row of a list says of a server. */
type BriefServer = Pick<ServerSummary, "name" | "title" | "description" | "grade" | "score">;

/** A server in a list: a link to its page, with what decides whether to open it. */
export function ServerRow({ server }: { server: ServerSummary }) {
  const { updatedAt } = server;
  return (
    <BriefServerRow server={server}>
      <div className="mt-1 flex flex-wrap items-center gap-1.5">
        <Properties server={server} />
        {updatedAt !== null && (
          <span className="ml-auto text-xs text-dim">
            Updated <Time at={updatedAt} />
          </span>
        )}
      </div>
    </BriefServerRow>
  );
}

/** A server in a list of few, without badges. */
export function BriefServerRow({
  server,
  children,
}: {
  server: BriefServer;
  children?: ReactNode;
}) {
  const { name, description } = server;
  const [publisher = "", ownName = ""] = name.split("/");
  const title = server.title ?? ownName;
  return (
    <li className="relative flex items-start gap-3 px-4 py-3 transition-colors focus-within:bg-soft hover:bg-soft">
      <Monogram title={title} publisher={publisher} />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <div className="flex items-start gap-2">
          <div className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
            <Link
              to="/marketplace/$namespace/$name"
              params={toServerPage(name)}
              data-result
              className="max-w-full truncate font-medium outline-offset-[-3px] after:absolute after:inset-0"
            >
              <DisplayName name={title} />
            </Link>
            <span className="max-w-full min-w-0 truncate text-xs text-dim">{escapeLine(name)}</span>
            <MixedScripts name={title} />
          </div>
          <GradeChip {...server} />
        </div>
        <p className="line-clamp-2 text-dim wrap-anywhere sm:line-clamp-1">
          {description === null ? (
            "No description"
          ) : (
            <bdi>{escapeLine(description.replaceAll(/\s+/g, " "))}</bdi>
          )}
        </p>
        {children}
      </div>
    </li>
  );
}

function Properties({ server }: { server: ServerSummary }) {
  const { official, hostable, transports, auth, status } = server;
  const isRemote = transports.some((transport) => transport !== "stdio");
  return (
    <>
      <LookAlikeBadge {...server} />
      {status === "deprecated" && <Badge tone="warn">Deprecated</Badge>}
      {official && (
        <Badge tone="accent">
          <BadgeCheck className="size-3" aria-hidden />
          Official registry
        </Badge>
      )}
      {isRemote && (
        <Badge>
          <Globe className="size-3" aria-hidden />
          Remote
        </Badge>
      )}
      {hostable && (
        <Badge>
          <Container className="size-3" aria-hidden />
          Hostable
        </Badge>
      )}
      {TRANSPORTS.filter((transport) => transports.includes(transport)).map((transport) => (
        <Badge key={transport}>{TRANSPORT_LABELS[transport]}</Badge>
      ))}
      {auth !== null && auth !== "none" && (
        <Badge>
          <KeyRound className="size-3" aria-hidden />
          Needs {auth}
        </Badge>
      )}
    </>
  );
}

/** Rows of the same height as servers, while they load. */
export function LoadingRows({ count, isBrief = false }: { count: number; isBrief?: boolean }) {
  return (
    <div role="status" aria-label="Loading" className="animate-pulse divide-y divide-line">
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className="flex items-start gap-3 px-4 py-3">
          <div className="size-9 rounded-lg bg-soft" />
          <div className="flex flex-1 flex-col gap-2 py-1">
            <div className="h-3.5 w-1/3 rounded bg-soft" />
            <div className="h-3.5 w-3/4 rounded bg-soft" />
            {!isBrief && <div className="mt-1 h-4 w-1/2 rounded bg-soft" />}
          </div>
        </div>
      ))}
    </div>
  );
}
