import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { toServerPage } from "../../../../../workers/contract/dashboard-pages.ts";
import {
  escapeHidden,
  escapeLine,
} from "../../../../../workers/contract/text/hidden-characters.ts";
import { IconButton } from "../../../ui/button.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { Badge, Section } from "../../../ui/page.tsx";
import { LookAlikeBadge } from "../../marketplace/look-alike-mark.tsx";
import type { PickedServer } from "./use-picked.ts";

interface Props {
  servers: PickedServer[];
  keyOf: (name: string) => string | undefined;
  onRemove: (name: string) => void;
}

/** The picked servers, with their names in clients. */
export function PickedList({ servers, keyOf, onRemove }: Props) {
  return (
    <Section title="Servers">
      <ul aria-label="Picked servers" className="divide-y divide-line">
        {servers.map((server) => (
          <li key={server.name} className="flex items-center gap-3 px-4 py-2.5">
            <div className="flex min-w-0 flex-1 flex-col gap-0.5">
              <span className="flex flex-wrap items-center gap-2">
                <ServerTitle server={server} />
              </span>
              <span className="text-xs text-dim wrap-anywhere">
                {server.problem === null ? (
                  <>
                    In clients: <code className="font-mono">{keyOf(server.name) ?? "—"}</code>
                  </>
                ) : (
                  escapeHidden(server.problem)
                )}
              </span>
            </div>
            <IconButton
              label={`Remove ${escapeLine(server.document?.title ?? server.name)}`}
              onClick={() => onRemove(server.name)}
            >
              <X className="size-4" aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The name of a server, with where it is from and what speaks against it. */
export function ServerTitle({
  server: { pick, name, document, entry, problem },
}: {
  server: PickedServer;
}) {
  if (pick.from === "address")
    return (
      <>
        <span className="font-medium wrap-anywhere">
          <DisplayName name={pick.item.key} />
        </span>
        <Badge tone="warn">Not in the catalogue</Badge>
      </>
    );
  return (
    <>
      {problem === null ? (
        <Link
          to="/marketplace/$namespace/$name"
          params={toServerPage(name)}
          className="font-medium underline-offset-2 wrap-anywhere hover:underline"
        >
          <DisplayName name={document?.title ?? name} />
        </Link>
      ) : (
        <span className="font-medium wrap-anywhere">{escapeLine(name)}</span>
      )}
      <span className="font-mono text-xs text-dim wrap-anywhere">{escapeLine(name)}</span>
      {problem !== null && <Badge tone="warn">Left out</Badge>}
      {entry?.status === "deprecated" && <Badge tone="warn">Deprecated</Badge>}
      {entry && <LookAlikeBadge resembles={entry.resembles} />}
    </>
  );
}
