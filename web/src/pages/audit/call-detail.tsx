import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CallRow } from "../../../../workers/contract/records/audit.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { formatLatency } from "../../ui/numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { StatusBadge } from "./status.tsx";

interface Props {
  slug: string;
  /** Undefined: nothing is open. */
  call: CallRow | undefined;
  nameOf: (id: string | null) => string;
  onClose: () => void;
}

/** All that is recorded of one call. */
export function CallDetail({ slug, call, nameOf, onClose }: Props) {
  return (
    <Dialog isOpen={call !== undefined} onClose={onClose} title="Call" shape="side">
      {call && <Facts facts={factsOf(slug, call, nameOf)} />}
    </Dialog>
  );
}

/** Names and values, one a line. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-2.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-dim">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(slug: string, call: CallRow, nameOf: Props["nameOf"]): [string, ReactNode][] {
  const server = call.serverSlug && (
    <Link to="/w/$slug/servers/$server" params={{ slug, server: call.serverSlug }} className="link">
      {call.serverSlug}
    </Link>
  );
  return [
    ["Time", <ExactTime key="time" at={call.createdAt} />],
    ["Outcome", <StatusBadge key="status" status={call.status} />],
    ["Error", call.errorCode ?? "none"],
    ["Person", nameOf(call.memberId)],
    ["Token", call.tokenId ?? "none"],
    ["Method", call.method],
    ["Server", server ?? "none"],
    ["Tool", call.toolName ?? "none"],
    ["Took", formatLatency(call.latencyMs)],
    ["Client", call.clientName ?? "not given"],
    ["Protocol", call.protocolVersion ?? "not given"],
    ["Number", call.seq],
  ];
}
