import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CallRow } from "../../../../workers/contract/records/audit.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { formatLatency } from "../../ui/format-numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { StatusBadge } from "./status.tsx";

interface Props {
  slug: string;
  /** Undefined: the panel is closed. */
  call: CallRow | undefined;
  toMemberName: (id: string | null) => string;
  onClose: () => void;
}

/** Side panel with all recorded fields of one call. */
export function CallDetail({ slug, call, toMemberName, onClose }: Props) {
  return (
    <Dialog isOpen={call !== undefined} onClose={onClose} title="Call details" shape="side">
      {call && <Facts facts={toFacts(slug, call, toMemberName)} />}
    </Dialog>
  );
}

/** A list of names and values. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-x-3 gap-y-2.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-dim">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const RESEND_REASONS = {
  session_lost: "The server had lost the session",
  header_mismatch: "The tool's schema had changed",
};

/** Only calls that were sent twice have this fact. */
function toResendFact(reason: CallRow["resendReason"]): [string, ReactNode][] {
  return reason === null ? [] : [["Sent a second time", RESEND_REASONS[reason]]];
}

function toFacts(
  slug: string,
  call: CallRow,
  toMemberName: Props["toMemberName"],
): [string, ReactNode][] {
  const server = call.serverSlug && (
    <Link to="/w/$slug/servers/$server" params={{ slug, server: call.serverSlug }} className="link">
      {call.serverSlug}
    </Link>
  );
  return [
    ["Time", <ExactTime key="time" at={call.createdAt} />],
    ["Outcome", <StatusBadge key="status" status={call.status} count={call.count} />],
    ["Error code", call.errorCode ?? "None"],
    ["Member", toMemberName(call.memberId)],
    ["Token", call.tokenId ?? "None"],
    ["Method", escapeLine(call.method)],
    ["Server", server ?? "None"],
    ["Tool", escapeLine(call.toolName ?? "None")],
    ["Latency", formatLatency(call.latencyMs)],
    ["Client", escapeLine(call.clientName ?? "Unknown")],
    ["Client version", escapeLine(call.clientVersion ?? "Unknown")],
    ["Protocol version", escapeLine(call.protocolVersion ?? "Unknown")],
    ["Sequence number", call.seq],
    ...toResendFact(call.resendReason),
  ];
}
